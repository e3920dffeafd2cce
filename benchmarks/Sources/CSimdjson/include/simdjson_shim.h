#ifndef SIMDJSON_SHIM_H
#define SIMDJSON_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A text of the event; valid until the next parse.
typedef struct {
    const uint8_t *start;
    size_t count;
} shim_text;

/// The fields of an event that the sample events use. A text without start, or a number's bit that is 0 in `seen`, was not given.
typedef struct {
    uint64_t seen;
    shim_text id, source, type, sku, location, hold, order_line, receipt, shipment, line, reason, actor, occurred_at, meta;
    int64_t quantity, ttl_seconds, expected_version;
    int forced;
} shim_event;

typedef struct shim_parser shim_parser;

shim_parser *shim_parser_create(void);
void shim_parser_destroy(shim_parser *parser);

/// Parses with the DOM interface, which checks the whole document, and extracts. 0: done; otherwise what is wrong.
int shim_parse_dom(shim_parser *parser, const uint8_t *bytes, size_t count, shim_event *event);

/// The same with the On-Demand interface, which checks only what is read (`meta` is taken as it stands).
int shim_parse_ondemand(shim_parser *parser, const uint8_t *bytes, size_t count, shim_event *event);

#ifdef __cplusplus
}
#endif

#endif
