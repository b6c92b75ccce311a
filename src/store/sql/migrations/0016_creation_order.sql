-- Lists in the order of creation go by cso_created, which holds that order already; a second index costs every new object a write.
drop index cso_order;
