#include "simdjson_shim.h"

#include <simdjson.h>

#include <cstring>
#include <memory>
#include <string_view>

using namespace simdjson;

struct shim_parser {
    dom::parser dom;
    ondemand::parser ondemand;
    // Kafka's payloads are not padded, so every parser of this library needs a copy.
    std::unique_ptr<uint8_t[]> padded;
    size_t capacity = 0;

    const uint8_t *copy(const uint8_t *bytes, size_t count) {
        if (capacity < count + SIMDJSON_PADDING) {
            capacity = 2 * (count + SIMDJSON_PADDING);
            padded.reset(new uint8_t[capacity]);
        }
        std::memcpy(padded.get(), bytes, count);
        std::memset(padded.get() + count, 0, SIMDJSON_PADDING);
        return padded.get();
    }
};

namespace {

enum field {
    id, source, type, sku, location, hold, order_line, receipt, shipment, line, reason, actor, occurred_at, meta, quantity, ttl_seconds,
    expected_version, forced, unknown
};

field named(std::string_view name) {
    switch (name.size()) {
    case 2: return name == "id" ? id : unknown;
    case 3: return name == "sku" ? sku : unknown;
    case 4: return name == "type" ? type : name == "hold" ? hold : name == "line" ? line : name == "meta" ? meta : unknown;
    case 5: return name == "actor" ? actor : unknown;
    case 6: return name == "source" ? source : name == "reason" ? reason : name == "forced" ? forced : unknown;
    case 7: return name == "receipt" ? receipt : unknown;
    case 8: return name == "quantity" ? quantity : name == "location" ? location : name == "shipment" ? shipment : unknown;
    case 9: return name == "orderLine" ? order_line : unknown;
    case 10: return name == "ttlSeconds" ? ttl_seconds : name == "occurredAt" ? occurred_at : unknown;
    case 15: return name == "expectedVersion" ? expected_version : unknown;
    default: return unknown;
    }
}

template <typename Value> int take(field which, Value value, shim_event *event) {
    switch (which) {
    case quantity: return value.get_int64().get(event->quantity);
    case ttl_seconds: return value.get_int64().get(event->ttl_seconds);
    case expected_version: return value.get_int64().get(event->expected_version);
    case forced: {
        bool flag;
        auto error = value.get_bool().get(flag);
        event->forced = flag;
        return error;
    }
    default: {
        std::string_view text;
        auto error = value.get_string().get(text);
        if (error) return error;
        (&event->id)[which] = {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
        return 0;
    }
    }
}

// Names of a nested object twice: the DOM keeps both, so they are compared pairwise.
int check_names(dom::element element) {
    if (element.is_object()) {
        dom::object object = element.get_object();
        for (auto a = object.begin(); a != object.end(); ++a) {
            auto b = a;
            for (++b; b != object.end(); ++b) {
                if (a.key() == b.key()) return 1;
            }
            if (check_names(a.value())) return 1;
        }
    } else if (element.is_array()) {
        for (dom::element child : element.get_array()) {
            if (check_names(child)) return 1;
        }
    }
    return 0;
}

} // namespace

shim_parser *shim_parser_create(void) { return new shim_parser(); }

void shim_parser_destroy(shim_parser *parser) { delete parser; }

int shim_parse_dom(shim_parser *parser, const uint8_t *bytes, size_t count, shim_event *event) {
    std::memset(event, 0, sizeof *event);
    const uint8_t *padded = parser->copy(bytes, count);
    dom::object object;
    auto error = parser->dom.parse(padded, count, false).get_object().get(object);
    if (error) return error;
    for (auto member : object) {
        field which = named(member.key);
        uint64_t bit = uint64_t(1) << which;
        if (which == unknown || event->seen & bit) return -1;
        event->seen |= bit;
        if (which == meta) {
            // The DOM does not keep where a value stood; the whole value stands for it here.
            if (!member.value.is_object() || check_names(member.value)) return -1;
            event->meta = {bytes, count < 24 ? count : 24};
        } else if (take(which, member.value, event)) {
            return -1;
        }
    }
    return 0;
}

int shim_parse_ondemand(shim_parser *parser, const uint8_t *bytes, size_t count, shim_event *event) {
    std::memset(event, 0, sizeof *event);
    const uint8_t *padded = parser->copy(bytes, count);
    ondemand::document document;
    auto error = parser->ondemand.iterate(padded, count, count + SIMDJSON_PADDING).get(document);
    if (error) return error;
    ondemand::object object;
    if (document.get_object().get(object)) return -1;
    for (auto member : object) {
        std::string_view name;
        if (member.unescaped_key().get(name)) return -1;
        field which = named(name);
        uint64_t bit = uint64_t(1) << which;
        if (which == unknown || event->seen & bit) return -1;
        event->seen |= bit;
        ondemand::value value;
        if (member.value().get(value)) return -1;
        if (which == meta) {
            ondemand::object nested;
            std::string_view raw;
            if (value.get_object().get(nested) || nested.raw_json().get(raw)) return -1;
            event->meta = {reinterpret_cast<const uint8_t *>(raw.data()), raw.size()};
        } else if (take(which, value, event)) {
            return -1;
        }
    }
    // Version 3.0.1 has no check for what follows the object.
    return 0;
}
