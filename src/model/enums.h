/* The enumerations of the product, each with the exact names that travel (sync-engine §2, §22; contract). */
#ifndef JOINERY_MODEL_ENUMS_H
#define JOINERY_MODEL_ENUMS_H

#include "base/names.h"

#define DATA_TYPES(X)                                                                                                              \
    X(TYPE_NOT_SET, "NotSet")                                                                                                      \
    X(TYPE_TEXT, "Text")                                                                                                           \
    X(TYPE_NUMBER, "Number")                                                                                                       \
    X(TYPE_DATETIME, "DateTime")                                                                                                   \
    X(TYPE_BINARY, "Binary")                                                                                                       \
    X(TYPE_REFERENCE, "Reference")                                                                                                 \
    X(TYPE_GUID, "Guid") X(TYPE_BOOLEAN, "Boolean") X(TYPE_LONG_NUMBER, "LongNumber") X(TYPE_DECIMAL, "Decimal")
NAMED_ENUM(data_type, DATA_TYPES)

#define PLURALITIES(X) X(SINGLE_VALUED, "SingleValued") X(MULTI_VALUED, "MultiValued")
NAMED_ENUM(plurality, PLURALITIES)

#define WRITABILITIES(X) X(WRITABLE, "Writable") X(READ_ONLY, "ReadOnly") X(WRITABLE_ON_CREATE, "WritableOnCreate")
NAMED_ENUM(writability, WRITABILITIES)

#define RENDERING_HINTS(X)                                                                                                         \
    X(RENDER_DEFAULT, "Default") X(RENDER_TABLE, "Table") X(RENDER_CHIP_SET, "ChipSet") X(RENDER_LIST, "List")
NAMED_ENUM(rendering_hint, RENDERING_HINTS)

#define STANDARDS(X) X(STANDARD_NOT_SET, "NotSet") X(STANDARD_SCIM, "Scim") X(STANDARD_LDAP, "Ldap") X(STANDARD_JIM, "Jim")
NAMED_ENUM(standard, STANDARDS)

#define DELETION_RULES(X)                                                                                                          \
    X(DELETE_MANUAL, "Manual")                                                                                                     \
    X(DELETE_WHEN_LAST_CONNECTOR, "WhenLastConnectorDisconnected")                                                                 \
    X(DELETE_WHEN_AUTHORITATIVE_SOURCE, "WhenAuthoritativeSourceDisconnected")
NAMED_ENUM(deletion_rule, DELETION_RULES)

#define DELETION_TRIGGER_MODES(X)                                                                                                  \
    X(ALL_SOURCES_DISCONNECT, "AllSourcesDisconnect") X(SPECIFIC_SOURCES_DISCONNECT, "SpecificSourcesDisconnect")
NAMED_ENUM(deletion_trigger_mode, DELETION_TRIGGER_MODES)

#define MVO_STATUSES(X) X(MVO_NORMAL, "Normal") X(MVO_OBSOLETE, "Obsolete")
NAMED_ENUM(mvo_status, MVO_STATUSES)

#define MVO_ORIGINS(X) X(ORIGIN_PROJECTED, "Projected") X(ORIGIN_INTERNAL, "Internal")
NAMED_ENUM(mvo_origin, MVO_ORIGINS)

#define SYSTEM_STATUSES(X) X(SYSTEM_ACTIVE, "Active") X(SYSTEM_DISABLED, "Disabled") X(SYSTEM_DELETING, "Deleting")
NAMED_ENUM(system_status, SYSTEM_STATUSES)

#define MATCHING_MODES(X) X(MATCHING_SIMPLE, "ConnectedSystem") X(MATCHING_ADVANCED, "SyncRule")
NAMED_ENUM(matching_mode, MATCHING_MODES)

#define UNRESOLVED_HANDLINGS(X) X(UNRESOLVED_ERROR, "Error") X(UNRESOLVED_WARN, "Warn") X(UNRESOLVED_IGNORE, "Ignore")
NAMED_ENUM(unresolved_handling, UNRESOLVED_HANDLINGS)

#define CONTAINER_SCOPES(X) X(SCOPE_SUBTREE, "Subtree") X(SCOPE_ONE_LEVEL, "OneLevel")
NAMED_ENUM(container_scope, CONTAINER_SCOPES)

#define CSO_STATUSES(X) X(CSO_NORMAL, "Normal") X(CSO_OBSOLETE, "Obsolete") X(CSO_PENDING_PROVISIONING, "PendingProvisioning")
NAMED_ENUM(cso_status, CSO_STATUSES)

#define CSO_JOINS(X)                                                                                                               \
    X(JOIN_NONE, "NotJoined") X(JOIN_PROJECTED, "Projected") X(JOIN_PROVISIONED, "Provisioned") X(JOIN_JOINED, "Joined")
NAMED_ENUM(cso_join, CSO_JOINS)

#define RULE_DIRECTIONS(X) X(DIRECTION_NOT_SET, "NotSet") X(DIRECTION_IMPORT, "Import") X(DIRECTION_EXPORT, "Export")
NAMED_ENUM(rule_direction, RULE_DIRECTIONS)

#define OUT_OF_SCOPE_ACTIONS(X) X(OUT_OF_SCOPE_DISCONNECT, "Disconnect") X(OUT_OF_SCOPE_REMAIN_JOINED, "RemainJoined")
NAMED_ENUM(out_of_scope_action, OUT_OF_SCOPE_ACTIONS)

#define DEPROVISION_ACTIONS(X) X(DEPROVISION_DISCONNECT, "Disconnect") X(DEPROVISION_DELETE, "Delete")
NAMED_ENUM(deprovision_action, DEPROVISION_ACTIONS)

#define MAPPING_SOURCE_TYPES(X)                                                                                                    \
    X(MAPPING_ATTRIBUTE, "AttributeMapping") X(MAPPING_EXPRESSION, "ExpressionMapping") X(MAPPING_ADVANCED, "AdvancedMapping")
NAMED_ENUM(mapping_source_type, MAPPING_SOURCE_TYPES)

/* Flags: bit i is names[i]. */
#define VALUE_PROCESSINGS(X)                                                                                                       \
    X(PROCESS_WHITESPACE_AS_NO_VALUE, "TreatWhitespaceAsNoValue")                                                                  \
    X(PROCESS_TRIM, "TrimWhitespace") X(PROCESS_COLLAPSE, "CollapseInternalWhitespace")
NAMED_ENUM(value_processing, VALUE_PROCESSINGS)

#define CASE_NORMALISATIONS(X) X(CASE_NONE, "None") X(CASE_UPPER, "Upper") X(CASE_LOWER, "Lower") X(CASE_TITLE, "Title")
NAMED_ENUM(case_normalisation, CASE_NORMALISATIONS)

#define MISSING_INPUTS(X)                                                                                                          \
    X(MISSING_EVALUATE_ANYWAY, "EvaluateAnyway")                                                                                   \
    X(MISSING_CONTRIBUTE_NO_VALUE, "ContributeNoValue") X(MISSING_FAIL_MAPPING, "FailMapping") X(MISSING_FAIL_OBJECT, "FailObject")
NAMED_ENUM(missing_input, MISSING_INPUTS)

#define SCOPE_GROUP_TYPES(X) X(SCOPE_ALL, "All") X(SCOPE_ANY, "Any")
NAMED_ENUM(scope_group_type, SCOPE_GROUP_TYPES)

#define COMPARISONS(X)                                                                                                             \
    X(COMPARE_NOT_SET, "NotSet")                                                                                                   \
    X(COMPARE_EQUALS, "Equals")                                                                                                    \
    X(COMPARE_NOT_EQUALS, "NotEquals")                                                                                             \
    X(COMPARE_STARTS_WITH, "StartsWith")                                                                                           \
    X(COMPARE_NOT_STARTS_WITH, "NotStartsWith")                                                                                    \
    X(COMPARE_ENDS_WITH, "EndsWith")                                                                                               \
    X(COMPARE_NOT_ENDS_WITH, "NotEndsWith")                                                                                        \
    X(COMPARE_CONTAINS, "Contains")                                                                                                \
    X(COMPARE_NOT_CONTAINS, "NotContains")                                                                                         \
    X(COMPARE_LESS, "LessThan")                                                                                                    \
    X(COMPARE_LESS_OR_EQUAL, "LessThanOrEquals")                                                                                   \
    X(COMPARE_GREATER, "GreaterThan") X(COMPARE_GREATER_OR_EQUAL, "GreaterThanOrEquals")
NAMED_ENUM(comparison, COMPARISONS)

#define VALUE_MODES(X) X(VALUE_ABSOLUTE, "Absolute") X(VALUE_RELATIVE, "Relative")
NAMED_ENUM(value_mode, VALUE_MODES)
#define RELATIVE_UNITS(X)                                                                                                          \
    X(UNIT_HOURS, "Hours") X(UNIT_DAYS, "Days") X(UNIT_WEEKS, "Weeks") X(UNIT_MONTHS, "Months") X(UNIT_YEARS, "Years")
NAMED_ENUM(relative_unit, RELATIVE_UNITS)
#define RELATIVE_DIRECTIONS(X) X(RELATIVE_AGO, "Ago") X(RELATIVE_FROM_NOW, "FromNow")
NAMED_ENUM(relative_direction, RELATIVE_DIRECTIONS)

#define RUN_TYPES(X)                                                                                                               \
    X(RUN_NOT_SET, "NotSet")                                                                                                       \
    X(RUN_FULL_IMPORT, "FullImport")                                                                                               \
    X(RUN_DELTA_IMPORT, "DeltaImport")                                                                                             \
    X(RUN_FULL_SYNCHRONISATION, "FullSynchronisation") X(RUN_DELTA_SYNCHRONISATION, "DeltaSynchronisation") X(RUN_EXPORT, "Export")
NAMED_ENUM(run_type, RUN_TYPES)

#define EXPORT_CHANGES(X)                                                                                                          \
    X(EXPORT_NOT_SET, "NotSet") X(EXPORT_CREATE, "Create") X(EXPORT_UPDATE, "Update") X(EXPORT_DELETE, "Delete")
NAMED_ENUM(export_change, EXPORT_CHANGES)
#define EXPORT_STATUSES(X)                                                                                                         \
    X(EXPORT_PENDING, "Pending")                                                                                                   \
    X(EXPORT_EXECUTING, "Executing")                                                                                               \
    X(EXPORT_EXPORTED, "Exported") X(EXPORT_NOT_CONFIRMED, "ExportNotConfirmed") X(EXPORT_FAILED, "Failed")
NAMED_ENUM(export_status, EXPORT_STATUSES)
#define ATTRIBUTE_CHANGES(X)                                                                                                       \
    X(CHANGE_NOT_SET, "NotSet")                                                                                                    \
    X(CHANGE_ADD, "Add") X(CHANGE_UPDATE, "Update") X(CHANGE_REMOVE, "Remove") X(CHANGE_REMOVE_ALL, "RemoveAll")
NAMED_ENUM(attribute_change, ATTRIBUTE_CHANGES)
#define ATTRIBUTE_CHANGE_STATUSES(X)                                                                                               \
    X(CHANGE_PENDING, "Pending")                                                                                                   \
    X(CHANGE_EXPORTED, "ExportedPendingConfirmation") X(CHANGE_NOT_CONFIRMED, "ExportedNotConfirmed") X(CHANGE_FAILED, "Failed")
NAMED_ENUM(attribute_change_status, ATTRIBUTE_CHANGE_STATUSES)
#define UNRESOLVED_REASONS(X)                                                                                                      \
    X(REFERENCE_RESOLVABLE, "Resolvable")                                                                                          \
    X(REFERENCE_AWAITING_ANCHOR, "AwaitingAnchor") X(REFERENCE_NOT_IN_TARGET, "NotInTargetSystem")
NAMED_ENUM(unresolved_reason, UNRESOLVED_REASONS)

#define INITIATOR_TYPES(X)                                                                                                         \
    X(BY_NOT_SET, "NotSet") X(BY_USER, "User") X(BY_API_KEY, "ApiKey") X(BY_SYSTEM, "System") X(BY_ANONYMOUS, "Anonymous")
NAMED_ENUM(initiator_type, INITIATOR_TYPES)

#define ACTIVITY_TARGETS(X)                                                                                                        \
    X(TARGET_NOT_SET, "NotSet")                                                                                                    \
    X(TARGET_EXAMPLE_DATA_TEMPLATE, "ExampleDataTemplate")                                                                         \
    X(TARGET_CONNECTED_SYSTEM, "ConnectedSystem")                                                                                  \
    X(TARGET_RUN_PROFILE, "ConnectedSystemRunProfile")                                                                             \
    X(TARGET_SYNC_RULE, "SynchronisationRule")                                                                                     \
    X(TARGET_MVO, "MetaverseObject")                                                                                               \
    X(TARGET_CERTIFICATE, "TrustedCertificate")                                                                                    \
    X(TARGET_MATCHING_RULE, "ObjectMatchingRule")                                                                                  \
    X(TARGET_MV_ATTRIBUTE, "MetaverseAttribute")                                                                                   \
    X(TARGET_SERVICE_SETTING, "ServiceSetting")                                                                                    \
    X(TARGET_HISTORY_CLEANUP, "HistoryRetentionCleanup")                                                                           \
    X(TARGET_MV_TYPE, "MetaverseObjectType")                                                                                       \
    X(TARGET_SYSTEM, "System")                                                                                                     \
    X(TARGET_SCHEDULE, "Schedule")                                                                                                 \
    X(TARGET_TEMPORAL_SCOPE, "TemporalScopeReconciliation")                                                                        \
    X(TARGET_API_KEY, "ApiKey")                                                                                                    \
    X(TARGET_ROLE, "Role")                                                                                                         \
    X(TARGET_PREDEFINED_SEARCH, "PredefinedSearch")                                                                                \
    X(TARGET_CONNECTOR_DEFINITION, "ConnectorDefinition")                                                                          \
    X(TARGET_EXAMPLE_DATA_SET, "ExampleDataSet")                                                                                   \
    X(TARGET_SYSTEM_INITIALISATION, "SystemInitialisation")                                                                        \
    X(TARGET_DATA_GENERATION, "DataGeneration")                                                                                    \
    X(TARGET_AUTHENTICATION, "Authentication")                                                                                     \
    X(TARGET_HOUSEKEEPING, "MetaverseObjectHousekeeping")                                                                          \
    X(TARGET_CSO, "ConnectedSystemObject")                                                                                         \
    X(TARGET_PASSWORD_SYNCHRONISATION, "PasswordSynchronisation")                                                                  \
    X(TARGET_TENANT, "Tenant")                                                                                                     \
    X(TARGET_DATA_USER, "DataUser")                                                                                                \
    X(TARGET_DATA_ROLE, "DataRole")                                                                                                \
    X(TARGET_CORE_TEMPLATE, "CoreTemplate")                                                                                        \
    X(TARGET_DATA_POOL, "DataPool") X(TARGET_SEARCH_CONFIGURATION, "SearchConfiguration")
NAMED_ENUM(activity_target, ACTIVITY_TARGETS)

#define ACTIVITY_OPERATIONS(X)                                                                                                     \
    X(OPERATION_CREATE, "Create")                                                                                                  \
    X(OPERATION_READ, "Read")                                                                                                      \
    X(OPERATION_UPDATE, "Update")                                                                                                  \
    X(OPERATION_DELETE, "Delete")                                                                                                  \
    X(OPERATION_CLEAR, "Clear")                                                                                                    \
    X(OPERATION_EXECUTE, "Execute")                                                                                                \
    X(OPERATION_IMPORT_HIERARCHY, "ImportHierarchy")                                                                               \
    X(OPERATION_IMPORT_SCHEMA, "ImportSchema")                                                                                     \
    X(OPERATION_REVERT, "Revert")                                                                                                  \
    X(OPERATION_RESET, "Reset")                                                                                                    \
    X(OPERATION_AUTHENTICATE, "Authenticate")                                                                                      \
    X(OPERATION_PREVIEW, "Preview")                                                                                                \
    X(OPERATION_SET_PASSWORD, "SetPassword") X(OPERATION_SCHEMA_REFRESH_REMOVAL, "SchemaRefreshRemoval")
NAMED_ENUM(activity_operation, ACTIVITY_OPERATIONS)

#define ACTIVITY_STATUSES(X)                                                                                                       \
    X(ACTIVITY_NOT_SET, "NotSet")                                                                                                  \
    X(ACTIVITY_IN_PROGRESS, "InProgress")                                                                                          \
    X(ACTIVITY_COMPLETE, "Complete")                                                                                               \
    X(ACTIVITY_COMPLETE_WITH_WARNING, "CompleteWithWarning")                                                                       \
    X(ACTIVITY_COMPLETE_WITH_ERROR, "CompleteWithError") X(ACTIVITY_FAILED, "FailedWithError") X(ACTIVITY_CANCELLED, "Cancelled")
NAMED_ENUM(activity_status, ACTIVITY_STATUSES)

#define PHASE_STATUSES(X)                                                                                                          \
    X(PHASE_PENDING, "Pending")                                                                                                    \
    X(PHASE_ACTIVE, "Active") X(PHASE_COMPLETED, "Completed") X(PHASE_SKIPPED, "Skipped") X(PHASE_FAILED, "Failed")
NAMED_ENUM(phase_status, PHASE_STATUSES)

#define TASK_STATUSES(X)                                                                                                           \
    X(TASK_QUEUED, "Queued")                                                                                                       \
    X(TASK_PROCESSING, "Processing")                                                                                               \
    X(TASK_CANCELLATION_REQUESTED, "CancellationRequested") X(TASK_WAITING, "WaitingForPreviousStep")
NAMED_ENUM(task_status, TASK_STATUSES)

#define TASK_TYPES(X)                                                                                                              \
    X(TASK_RUN_PROFILE, "Synchronisation Worker Task")                                                                             \
    X(TASK_EXAMPLE_DATA, "Example Data Template Worker Task")                                                                      \
    X(TASK_CLEAR_SPACE, "Clear Connected System Objects Worker Task")                                                              \
    X(TASK_DELETE_SYSTEM, "Delete Connected System Worker Task")                                                                   \
    X(TASK_PREVIEW, "Configuration Change Preview Worker Task")                                                                    \
    X(TASK_PASSWORDS, "Password Delivery Worker Task")                                                                             \
    X(TASK_TEMPORAL_SCOPE, "Temporal Scope Reconciliation Worker Task")                                                            \
    X(TASK_SCHEMA_REMOVAL, "Schema Refresh Removal Worker Task")                                                                   \
    X(TASK_SCHEMA_IMPORT, "Schema Import Worker Task")                                                                             \
    X(TASK_INDEX_BUILD, "Index Build Worker Task") X(TASK_RELEASE_HOLD, "Hold Release Worker Task")
NAMED_ENUM(task_type, TASK_TYPES)

#define OBJECT_CHANGES(X)                                                                                                          \
    X(OBJECT_NOT_SET, "NotSet")                                                                                                    \
    X(OBJECT_ADDED, "Added")                                                                                                       \
    X(OBJECT_UPDATED, "Updated")                                                                                                   \
    X(OBJECT_DELETED, "Deleted")                                                                                                   \
    X(OBJECT_PROJECTED, "Projected")                                                                                               \
    X(OBJECT_JOINED, "Joined")                                                                                                     \
    X(OBJECT_ATTRIBUTE_FLOW, "AttributeFlow")                                                                                      \
    X(OBJECT_DISCONNECTED, "Disconnected")                                                                                         \
    X(OBJECT_DISCONNECTED_OUT_OF_SCOPE, "DisconnectedOutOfScope")                                                                  \
    X(OBJECT_OUT_OF_SCOPE_RETAIN_JOIN, "OutOfScopeRetainJoin")                                                                     \
    X(OBJECT_DRIFT_CORRECTION, "DriftCorrection")                                                                                  \
    X(OBJECT_EXPORTED, "Exported")                                                                                                 \
    X(OBJECT_DEPROVISIONED, "Deprovisioned")                                                                                       \
    X(OBJECT_NO_CHANGE, "NoChange")                                                                                                \
    X(OBJECT_PENDING_EXPORT, "PendingExport")                                                                                      \
    X(OBJECT_PENDING_EXPORT_CONFIRMED, "PendingExportConfirmed") X(OBJECT_CREATED, "Created")
NAMED_ENUM(object_change, OBJECT_CHANGES)

#define NO_CHANGE_REASONS(X)                                                                                                       \
    X(NO_CHANGE_NOT_SET, "NotSet") X(NO_CHANGE_MVO, "MvoNoAttributeChanges") X(NO_CHANGE_CSO, "CsoAlreadyCurrent")
NAMED_ENUM(no_change_reason, NO_CHANGE_REASONS)

#define ITEM_ERRORS(X)                                                                                                             \
    X(ITEM_NO_ERROR, "NotSet")                                                                                                     \
    X(ITEM_AMBIGUOUS_MATCH, "AmbiguousMatch")                                                                                      \
    X(ITEM_COULD_NOT_MATCH_OBJECT_TYPE, "CouldNotMatchObjectType")                                                                 \
    X(ITEM_COULD_NOT_JOIN, "CouldNotJoinDueToExistingJoin")                                                                        \
    X(ITEM_DUPLICATE_ATTRIBUTES, "DuplicateImportedAttributes")                                                                    \
    X(ITEM_MISSING_EXTERNAL_ID, "MissingExternalIdAttributeValue")                                                                 \
    X(ITEM_UNEXPECTED_ATTRIBUTE, "UnexpectedAttribute")                                                                            \
    X(ITEM_UNRESOLVED_REFERENCE, "UnresolvedReference")                                                                            \
    X(ITEM_UNSUPPORTED_EXTERNAL_ID, "UnsupportedExternalIdAttributeType")                                                          \
    X(ITEM_EXPORT_NOT_CONFIRMED, "ExportNotConfirmed")                                                                             \
    X(ITEM_EXPORT_CONFIRMATION_FAILED, "ExportConfirmationFailed")                                                                 \
    X(ITEM_CSO_CREATION_FAILED, "CsoCreationFailed")                                                                               \
    X(ITEM_DUPLICATE_OBJECT, "DuplicateObject")                                                                                    \
    X(ITEM_INVALID_GENERATED_ID, "InvalidGeneratedExternalId")                                                                     \
    X(ITEM_UNHANDLED, "UnhandledError")                                                                                            \
    X(ITEM_EXPRESSION_ERROR, "ExpressionEvaluationError")                                                                          \
    X(ITEM_EXPRESSION_MISSING_INPUT, "ExpressionMissingInput")                                                                     \
    X(ITEM_MULTI_TO_SINGLE, "MultiValuedToSingleValued")                                                                           \
    X(ITEM_DELTA_FALLBACK, "DeltaImportFallbackToFullImport")                                                                      \
    X(ITEM_HASH_VERIFICATION, "ImportHashVerificationFailed")                                                                      \
    X(ITEM_ATTRIBUTE_VALUE, "ImportAttributeValueError")                                                                           \
    X(ITEM_CONNECTOR_CONFIGURATION, "ConnectorConfigurationError")                                                                 \
    X(ITEM_OTHER_TYPE_IN_TARGET, "CouldNotExportDueToExistingConnectedSystemObject")
NAMED_ENUM(item_error, ITEM_ERRORS)

#define OUTCOMES(X)                                                                                                                \
    X(OUTCOME_NOT_SET, "NotSet")                                                                                                   \
    X(OUTCOME_CSO_ADDED, "CsoAdded")                                                                                               \
    X(OUTCOME_CSO_UPDATED, "CsoUpdated")                                                                                           \
    X(OUTCOME_CSO_DELETED, "CsoDeleted")                                                                                           \
    X(OUTCOME_DELETION_DETECTED, "DeletionDetected")                                                                               \
    X(OUTCOME_EXPORT_CONFIRMED, "ExportConfirmed")                                                                                 \
    X(OUTCOME_EXPORT_FAILED, "ExportFailed")                                                                                       \
    X(OUTCOME_PROJECTED, "Projected")                                                                                              \
    X(OUTCOME_JOINED, "Joined")                                                                                                    \
    X(OUTCOME_ATTRIBUTE_FLOW, "AttributeFlow")                                                                                     \
    X(OUTCOME_DISCONNECTED, "Disconnected")                                                                                        \
    X(OUTCOME_DISCONNECTED_OUT_OF_SCOPE, "DisconnectedOutOfScope")                                                                 \
    X(OUTCOME_MVO_DELETED, "MvoDeleted")                                                                                           \
    X(OUTCOME_DRIFT_CORRECTION, "DriftCorrection")                                                                                 \
    X(OUTCOME_PROVISIONED, "Provisioned")                                                                                          \
    X(OUTCOME_PENDING_EXPORT_CREATED, "PendingExportCreated")                                                                      \
    X(OUTCOME_EXPORTED, "Exported")                                                                                                \
    X(OUTCOME_DEPROVISIONED, "Deprovisioned")                                                                                      \
    X(OUTCOME_MVO_DELETION_SCHEDULED, "MvoDeletionScheduled")                                                                      \
    X(OUTCOME_ASSERTED_NULL, "AssertedNull")                                                                                       \
    X(OUTCOME_NO_CONTRIBUTOR, "NoContributor")                                                                                     \
    X(OUTCOME_DEPROVISION_QUEUED, "DeprovisionQueued")                                                                             \
    X(WOULD_FALL_IN_SCOPE, "WouldFallInScope")                                                                                     \
    X(WOULD_FALL_OUT_OF_SCOPE, "WouldFallOutOfScope")                                                                              \
    X(WOULD_BECOME_ELIGIBLE, "WouldBecomeDeletionEligible")                                                                        \
    X(WOULD_CEASE_TO_BE_ELIGIBLE, "WouldCeaseToBeDeletionEligible")                                                                \
    X(WOULD_CHANGE_ELIGIBLE_DATE, "WouldChangeDeletionEligibleDate")                                                               \
    X(WOULD_DISCONNECT, "WouldDisconnectFromMetaverseObject")                                                                      \
    X(WOULD_STAGE_DELETE, "WouldStageDeleteExport")                                                                                \
    X(WOULD_REMAIN_JOINED, "WouldRemainJoined")                                                                                    \
    X(WOULD_CHANGE_DEPROVISION, "WouldChangeDeprovisionAction")                                                                    \
    X(WOULD_FAIL_FLOW, "WouldFailAttributeFlow")                                                                                   \
    X(WOULD_JOIN_DIFFERENT, "WouldJoinDifferentMetaverseObject")                                                                   \
    X(WOULD_JOIN_INSTEAD, "WouldJoinInsteadOfProject")                                                                             \
    X(WOULD_PROJECT_INSTEAD, "WouldProjectInsteadOfJoin")                                                                          \
    X(WOULD_MATCH_AMBIGUOUSLY, "WouldMatchAmbiguously")                                                                            \
    X(WOULD_STOP_PROJECTING, "WouldStopProjecting")                                                                                \
    X(WOULD_STOP_PROVISIONING, "WouldStopProvisioning")                                                                            \
    X(WOULD_STOP_CORRECTING, "WouldStopCorrectingDrift")                                                                           \
    X(WOULD_STOP_BEING_IMPORTED, "WouldStopBeingImported")                                                                         \
    X(WOULD_RESUME_BEING_IMPORTED, "WouldResumeBeingImported")                                                                     \
    X(WOULD_WITHDRAW_VALUES, "WouldWithdrawContributedValues") X(WOULD_RETAIN_VALUES, "WouldRetainContributedValues")
NAMED_ENUM(outcome, OUTCOMES)

/* Previews of changes of the configuration (operations §16). */
#define PREVIEW_SURFACES(X)                                                                                                        \
    X(SURFACE_NOT_SET, "NotSet")                                                                                                   \
    X(SURFACE_RULE_TOGGLES, "SynchronisationRule")                                                                                 \
    X(SURFACE_SYSTEM, "ConnectedSystem")                                                                                           \
    X(SURFACE_MV_TYPE, "MetaverseObjectType")                                                                                      \
    X(SURFACE_MV_ATTRIBUTE, "MetaverseAttribute")                                                                                  \
    X(SURFACE_RULE_SCOPE, "SynchronisationRuleScope")                                                                              \
    X(SURFACE_RULE_FLOW, "SynchronisationRuleAttributeFlow")                                                                       \
    X(SURFACE_MATCHING, "ObjectMatching")                                                                                          \
    X(SURFACE_RULE_BEHAVIOUR, "SynchronisationRuleBehaviour")                                                                      \
    X(SURFACE_SCHEMA, "ConnectedSystemSchema") X(SURFACE_RUN, "RunProfile")
NAMED_ENUM(preview_surface, PREVIEW_SURFACES)
#define PREVIEW_PERSISTENCES(X) X(PERSIST_FULL, "Full") X(PERSIST_CAPPED, "Capped")
NAMED_ENUM(preview_persistence, PREVIEW_PERSISTENCES)
#define PREVIEW_STAGES(X)                                                                                                          \
    X(STAGE_NOT_STARTED, "NotStarted")                                                                                             \
    X(STAGE_IN_PROGRESS, "InProgress")                                                                                             \
    X(STAGE_COMPLETE, "Complete")                                                                                                  \
    X(STAGE_FAILED, "Failed") X(STAGE_NOT_APPLICABLE, "NotApplicable") X(STAGE_CANCELLED, "Cancelled")
NAMED_ENUM(preview_stage, PREVIEW_STAGES)
#define PREVIEW_SEVERITIES(X) X(FINDING_INFORMATION, "Information") X(FINDING_WARNING, "Warning") X(FINDING_BLOCKING, "Blocking")
NAMED_ENUM(preview_severity, PREVIEW_SEVERITIES)
/* How all new values of a group differ from the old ones. */
#define PREVIEW_PATTERNS(X)                                                                                                        \
    X(PATTERN_NONE, "None")                                                                                                        \
    X(PATTERN_CASING, "CasingChanged")                                                                                             \
    X(PATTERN_EMAIL_DOMAIN, "EmailDomainChanged")                                                                                  \
    X(PATTERN_CONTAINER, "ContainerChanged")                                                                                       \
    X(PATTERN_PREFIX_ADDED, "PrefixAdded")                                                                                         \
    X(PATTERN_PREFIX_REMOVED, "PrefixRemoved")                                                                                     \
    X(PATTERN_SUFFIX_ADDED, "SuffixAdded") X(PATTERN_SUFFIX_REMOVED, "SuffixRemoved")
NAMED_ENUM(preview_pattern, PREVIEW_PATTERNS)

/* Why something happened to an object of another run (sync-engine §22.2). */
#define CAUSAL_EDGES(X)                                                                                                            \
    X(EDGE_DELETION_DEPROVISIONS, "MetaverseObjectDeletionCausedDeprovision")                                                      \
    X(EDGE_DELETION_REMOVES_REFERENCE, "MetaverseObjectDeletionCausedReferenceRemoval")                                            \
    X(EDGE_EXPORT_CONFIRMED, "ExportCausedImportConfirmation")                                                                     \
    X(EDGE_EXPORT_QUEUED, "PendingExportQueueingCausedExportExecution")
NAMED_ENUM(causal_edge, CAUSAL_EDGES)

#define CAUSAL_REASONS(X)                                                                                                          \
    X(REASON_NONE, "NotSet")                                                                                                       \
    X(REASON_LAST_CONNECTOR, "LastConnectorDisconnected")                                                                          \
    X(REASON_NO_SOURCES, "LastConnectorDisconnectedNoSourcesConfigured")                                                           \
    X(REASON_ALL_SOURCES, "AllAuthoritativeSourcesDisconnected")                                                                   \
    X(REASON_SOURCE, "AuthoritativeSourceDisconnected")                                                                            \
    X(REASON_CREATE_STAGED, "ExportCreateStaged")                                                                                  \
    X(REASON_UPDATE_STAGED, "ExportUpdateStaged") X(REASON_DELETE_STAGED, "ExportDeleteStaged")
NAMED_ENUM(causal_reason, CAUSAL_REASONS)

#define TRACKING_LEVELS(X) X(TRACK_NONE, "None") X(TRACK_STANDARD, "Standard") X(TRACK_DETAILED, "Detailed")
NAMED_ENUM(tracking_level, TRACKING_LEVELS)

#define IMPORT_CHANGES(X)                                                                                                          \
    X(IMPORT_NOT_SET, "NotSet") X(IMPORT_ADDED, "Added") X(IMPORT_UPDATED, "Updated") X(IMPORT_DELETED, "Deleted")
NAMED_ENUM(import_change, IMPORT_CHANGES)
#define IMPORT_ERRORS(X)                                                                                                           \
    X(IMPORT_NO_ERROR, "NotSet")                                                                                                   \
    X(IMPORT_UNKNOWN_TYPE, "CouldNotDetermineObjectType")                                                                          \
    X(IMPORT_EXTERNAL_ID, "ExternalIdAttributes")                                                                                  \
    X(IMPORT_CONFIGURATION, "ConfigurationError") X(IMPORT_ATTRIBUTE_VALUE, "AttributeValueError")
NAMED_ENUM(import_error, IMPORT_ERRORS)

#define EXPORT_ERRORS(X)                                                                                                           \
    X(EXPORT_ERROR_GENERAL, "General")                                                                                             \
    X(EXPORT_ERROR_INVALID_ID, "InvalidGeneratedExternalId")                                                                       \
    X(EXPORT_ERROR_OUTSIDE_SCOPE, "OutsideManagedScope")                                                                           \
    X(EXPORT_ERROR_PLACEHOLDER, "PlaceholderMemberConstraintViolation")                                                            \
    X(EXPORT_ERROR_DEPENDENCY, "MissingDependency") X(EXPORT_ERROR_CONCURRENCY, "ConcurrencyConflict")
NAMED_ENUM(export_error, EXPORT_ERRORS)

/* The guards that hold back what a run would do (operations §23). */
#define HOLD_GUARDS(X)                                                                                                             \
    X(GUARD_IMPORT_DELETIONS, "ImportDeletions")                                                                                   \
    X(GUARD_DISCONNECTS, "Disconnects")                                                                                            \
    X(GUARD_EXPORT_DELETES, "ExportDeletes")                                                                                       \
    X(GUARD_EXPORT_CREATES, "ExportCreates")                                                                                       \
    X(GUARD_EXPORT_UPDATES, "ExportUpdates") X(GUARD_METAVERSE_DELETIONS, "MetaverseDeletions")
NAMED_ENUM(hold_guard, HOLD_GUARDS)
#define HOLD_STATUSES(X)                                                                                                           \
    X(HOLD_HELD, "Held") X(HOLD_RELEASED, "Released") X(HOLD_DISCARDED, "Discarded") X(HOLD_SUPERSEDED, "Superseded")
NAMED_ENUM(hold_status, HOLD_STATUSES)
#define HELD_STATES(X) X(HELD_WAITING, "Held") X(HELD_DONE, "Done") X(HELD_SKIPPED, "NoLongerQualifies")
NAMED_ENUM(held_state, HELD_STATES)
#define RESULT_STATES(X)                                                                                                           \
    X(RESULT_QUEUED, "QUEUED")                                                                                                     \
    X(RESULT_FAILED, "FAILED")                                                                                                     \
    X(RESULT_COMPLETED, "COMPLETED") X(RESULT_CANCELLED, "CANCELLED") X(RESULT_EXPIRED, "EXPIRED")
NAMED_ENUM(result_state, RESULT_STATES)
/* The limits, by the last part of their keys. */
#define SAFETY_LIMITS(X)                                                                                                           \
    X(LIMIT_MINIMUM_POPULATION, "MinimumPopulation")                                                                               \
    X(LIMIT_IMPORT_DELETE_PERCENT, "ImportDeletePercent")                                                                          \
    X(LIMIT_IMPORT_DELETE_COUNT, "ImportDeleteCount")                                                                              \
    X(LIMIT_DISCONNECT_PERCENT, "DisconnectPercent")                                                                               \
    X(LIMIT_DISCONNECT_COUNT, "DisconnectCount")                                                                                   \
    X(LIMIT_EXPORT_DELETE_PERCENT, "ExportDeletePercent")                                                                          \
    X(LIMIT_EXPORT_DELETE_COUNT, "ExportDeleteCount")                                                                              \
    X(LIMIT_EXPORT_CREATE_PERCENT, "ExportCreatePercent")                                                                          \
    X(LIMIT_EXPORT_CREATE_COUNT, "ExportCreateCount")                                                                              \
    X(LIMIT_EXPORT_UPDATE_PERCENT, "ExportUpdatePercent")                                                                          \
    X(LIMIT_EXPORT_UPDATE_COUNT, "ExportUpdateCount")                                                                              \
    X(LIMIT_METAVERSE_DELETE_PERCENT, "MetaverseDeletePercent")                                                                    \
    X(LIMIT_METAVERSE_DELETE_COUNT, "MetaverseDeleteCount") X(LIMIT_ERROR_PERCENT, "ErrorPercent")
NAMED_ENUM(safety_limit, SAFETY_LIMITS)
enum { SAFETY_LIMIT_COUNT = LIMIT_ERROR_PERCENT + 1 };

#define SETTING_TYPES(X)                                                                                                           \
    X(SETTING_STRING, "String")                                                                                                    \
    X(SETTING_STRING_ENCRYPTED, "StringEncrypted")                                                                                 \
    X(SETTING_INTEGER, "Integer")                                                                                                  \
    X(SETTING_HEADING, "Heading")                                                                                                  \
    X(SETTING_LABEL, "Label")                                                                                                      \
    X(SETTING_TEXT, "Text")                                                                                                        \
    X(SETTING_DROP_DOWN, "DropDown") X(SETTING_CHECK_BOX, "CheckBox") X(SETTING_DIVIDER, "Divider") X(SETTING_FILE, "File")
NAMED_ENUM(setting_type, SETTING_TYPES)
#define SETTING_CATEGORIES(X)                                                                                                      \
    X(CATEGORY_CONNECTIVITY, "Connectivity")                                                                                       \
    X(CATEGORY_GENERAL, "General")                                                                                                 \
    X(CATEGORY_CAPABILITIES, "Capabilities") X(CATEGORY_SCHEMA, "Schema") X(CATEGORY_IMPORT, "Import") X(CATEGORY_EXPORT, "Export")
NAMED_ENUM(setting_category, SETTING_CATEGORIES)
#define GROUP_CARDINALITIES(X) X(AT_LEAST_ONE, "AtLeastOne") X(EXACTLY_ONE, "ExactlyOne")
NAMED_ENUM(group_cardinality, GROUP_CARDINALITIES)

#endif
