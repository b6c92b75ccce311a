/* Prints the API document: for the comparison with the contract. */
#include "api/resources.h"

#include <stdio.h>

int main(void) {
    struct services services = {0};
    OWNED(api) x = NULL;
    OWNED(error) e = api_new(&services, api_resources, &x);
    if (e) {
        char out[1000];
        fprintf(stderr, "%s\n", error_chain(e, out, sizeof out));
        return 1;
    }
    text document = api_document(x);
    return fwrite(document.at, 1, document.len, stdout) != document.len;
}
