/// Checks values against JSON Schema 2020-12, as far as the schemas in topics/schemas/ use it. A keyword that it does not know is an
/// error, so that no schema says more than is checked.
struct SchemaValidator {
    let root: JSONValue

    struct Unsupported: Error {
        var keyword: String
    }

    private static let annotations: Set = ["$schema", "$id", "$defs", "title", "description", "then", "else"]

    /// What is wrong with the value, as paths and keywords; empty where it is valid.
    func check(_ value: JSONValue) throws -> [String] { try check(value, root, "$") }

    /// What is wrong with the value under the definition at `pointer` (`#/$defs/...`).
    func check(_ value: JSONValue, at pointer: String) throws -> [String] { try check(value, resolve(pointer), "$") }

    private func resolve(_ pointer: String) throws -> JSONValue {
        var found = root
        for part in pointer.split(separator: "/").dropFirst() {
            guard let next = found[String(part)] else { throw Unsupported(keyword: pointer) }
            found = next
        }
        return found
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, _ path: String) throws -> [String] {
        guard case .object(let keywords) = schema else { throw Unsupported(keyword: "\(schema)") }
        var faults: [String] = []
        for (keyword, rule) in keywords where !Self.annotations.contains(keyword) {
            if try !holds(keyword, rule, value, keywords, path, &faults) { faults.append("\(path) \(keyword)") }
        }
        return faults
    }

    private func isValid(_ value: JSONValue, _ schema: JSONValue) throws -> Bool { try check(value, schema, "").isEmpty }

    private func holds(
        _ keyword: String, _ rule: JSONValue, _ value: JSONValue, _ schema: [String: JSONValue], _ path: String, _ faults: inout [String]
    ) throws -> Bool {
        switch keyword {
        case "$ref": return try nested(value, resolve(rule.string ?? ""), path, &faults)
        case "const": return value == rule
        case "enum": return rule.elements?.contains(value) ?? false
        case "type": return isOfType(value, rule.string ?? "")
        case "not": return try !isValid(value, rule)
        case "oneOf": return try (rule.elements ?? []).filter { try isValid(value, $0) }.count == 1
        case "anyOf": return try (rule.elements ?? []).contains { try isValid(value, $0) }
        case "allOf": return try (rule.elements ?? []).allSatisfy { try nested(value, $0, path, &faults) }
        case "if":
            guard let branch = schema[try isValid(value, rule) ? "then" : "else"] else { return true }
            return try nested(value, branch, path, &faults)
        case "minimum", "maximum", "minLength", "maxLength", "pattern": return try holdsForScalar(keyword, rule, value)
        case "items", "minItems", "maxItems", "uniqueItems": return try holdsForArray(keyword, rule, value, path, &faults)
        default: return try holdsForObject(keyword, rule, value, schema, path, &faults)
        }
    }

    private func nested(_ value: JSONValue, _ schema: JSONValue, _ path: String, _ faults: inout [String]) throws -> Bool {
        let own = try check(value, schema, path)
        faults += own
        return own.isEmpty
    }

    private func isOfType(_ value: JSONValue, _ type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.flag, "boolean"), (.number, "number"), (.text, "string"), (.array, "array"), (.object, "object"): true
        case (.number, "integer"): value.double.map { $0 == $0.rounded() } ?? false
        default: false
        }
    }

    private func holdsForScalar(_ keyword: String, _ rule: JSONValue, _ value: JSONValue) throws -> Bool {
        switch (keyword, value) {
        case ("minimum", .number): return value.double! >= rule.double!
        case ("maximum", .number): return value.double! <= rule.double!
        case ("minLength", .text(let text)): return Double(text.unicodeScalars.count) >= rule.double!
        case ("maxLength", .text(let text)): return Double(text.unicodeScalars.count) <= rule.double!
        case ("pattern", .text(let text)):
            return try text.firstMatch(of: Regex(rule.string!).matchingSemantics(.unicodeScalar)) != nil
        default: return true
        }
    }

    private func holdsForArray(
        _ keyword: String, _ rule: JSONValue, _ value: JSONValue, _ path: String, _ faults: inout [String]
    ) throws -> Bool {
        guard let elements = value.elements else { return true }
        switch keyword {
        case "minItems": return Double(elements.count) >= rule.double!
        case "maxItems": return Double(elements.count) <= rule.double!
        case "uniqueItems": return elements.indices.allSatisfy { !elements[..<$0].contains(elements[$0]) }
        default:
            for (index, element) in elements.enumerated() { _ = try nested(element, rule, "\(path)[\(index)]", &faults) }
            return true
        }
    }

    private func holdsForObject(
        _ keyword: String, _ rule: JSONValue, _ value: JSONValue, _ schema: [String: JSONValue], _ path: String, _ faults: inout [String]
    ) throws -> Bool {
        guard case .object(let members) = value else {
            if ["properties", "required", "additionalProperties", "patternProperties", "dependentRequired"].contains(keyword) {
                return true
            }
            throw Unsupported(keyword: keyword)
        }
        switch keyword {
        case "required": return rule.elements!.allSatisfy { members[$0.string!] != nil }
        case "properties":
            for (name, member) in members {
                if let own = rule[name] { _ = try nested(member, own, "\(path).\(name)", &faults) }
            }
            return true
        case "patternProperties": return true
        case "additionalProperties":
            guard rule == .flag(false) else { throw Unsupported(keyword: "additionalProperties other than false") }
            return try members.keys.allSatisfy { try isNamed($0, schema) }
        case "dependentRequired":
            guard case .object(let needs) = rule else { throw Unsupported(keyword: keyword) }
            return needs.allSatisfy { name, others in members[name] == nil || others.elements!.allSatisfy { members[$0.string!] != nil } }
        default: throw Unsupported(keyword: keyword)
        }
    }

    private func isNamed(_ name: String, _ schema: [String: JSONValue]) throws -> Bool {
        if schema["properties"]?[name] != nil { return true }
        guard case .object(let patterns)? = schema["patternProperties"] else { return false }
        return try patterns.keys.contains { try name.firstMatch(of: Regex($0)) != nil }
    }
}
