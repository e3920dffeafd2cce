import StockCore
import StockWire
import YAML

extension CaseReader {
    /// Reads `expect`: one word (the outcome), or what must be true.
    func readExpectation(_ node: YAMLNode, isFinal: Bool) throws(CaseError) -> CaseExpectation {
        var expectation = CaseExpectation()
        if case .scalar(let text, _) = node.content, !isFinal {
            expectation.outcome = try outcome(text, node)
            return expectation
        }
        let kinds = ExpectedThing.Kind.allCases.map(\.rawValue)
        let fields = try Fields(node, "expect", (isFinal ? [] : ["outcome", "numbers", "uncovered", "filled"]) + ["alerts"] + kinds)
        if let node = fields["outcome"] { expectation.outcome = try outcome(try Fields.scalar(node, "outcome"), node) }
        if let node = fields["numbers"] {
            let names = CaseReader.numberNames
            for entry in try Fields(node, "numbers", names).all { expectation.numbers.append(try expected(entry)) }
        }
        if let node = fields["uncovered"] { expectation.uncovered = try promises(node, "uncovered") }
        if let node = fields["filled"] { expectation.filled = try promises(node, "filled") }
        if let node = fields["alerts"] { expectation.alerts = try alerts(node) }
        for kind in ExpectedThing.Kind.allCases {
            for item in try fields.list(kind.rawValue) { expectation.things.append(try thing(kind, item)) }
        }
        return expectation
    }

    private func promises(_ node: YAMLNode, _ name: String) throws(CaseError) -> [Expected] {
        var promises: [Expected] = []
        for item in try Fields.list(node, name) {
            promises.append(Expected(name: name, text: try Fields.scalar(item, "a promise"), line: item.position.line))
        }
        return promises
    }

    /// The numbers that an answer tells.
    static let numberNames = [
        "available", "found", "total", "base", "quantity", "residue", "denominator", "met", "asked", "lines", "heldByOwner", "limit",
    ]

    private func outcome(_ text: String, _ node: YAMLNode) throws(CaseError) -> Expected {
        let codes = Rejection.allCases.map { "\($0.code)" } + WireErrorCode.allCases.map { "\($0.code)" }
        let known = ["accepted", "duplicate"] + codes.filter { $0 != "none" }
        guard known.contains(text) else {
            throw CaseError(line: node.position.line, reason: "\(text) is no outcome: accepted, duplicate, or the code of a refusal")
        }
        return Expected(name: "outcome", text: text, line: node.position.line)
    }

    private func alerts(_ node: YAMLNode) throws(CaseError) -> [Expected] {
        var alerts: [Expected] = []
        for item in try Fields.list(node, "alerts") {
            let text = try Fields.scalar(item, "an alert")
            guard let kind = text.split(separator: " ").first, CaseWorld.alertNames.contains(String(kind)) else {
                throw CaseError(
                    line: item.position.line,
                    reason: "\(text): an alert is one of \(CaseWorld.alertNames.joined(separator: ", ")), then the SKU, then the location")
            }
            alerts.append(Expected(name: "alert", text: text, line: item.position.line))
        }
        return alerts
    }

    private func thing(_ kind: ExpectedThing.Kind, _ node: YAMLNode) throws(CaseError) -> ExpectedThing {
        let what = "expect: \(kind.rawValue)"
        let fields = try Fields(node, what, ["sku", kind.nameKey] + kind.placeKeys + kind.valueNames)
        guard let sku = try fields.text("sku") else { throw CaseError(line: node.position.line, reason: "\(what): the sku is missing") }
        let name = try fields.text(kind.nameKey)
        guard kind == .stock || name != nil else {
            throw CaseError(line: node.position.line, reason: "\(what): the \(kind.nameKey) is missing")
        }
        var values: [Expected] = []
        let keys = ["sku", kind.nameKey] + kind.placeKeys
        for entry in fields.all where !keys.contains(entry.key) { values.append(try expected(entry)) }
        guard !values.isEmpty else {
            throw CaseError(
                line: node.position.line, reason: "\(what): nothing is expected; known are \(kind.valueNames.joined(separator: ", "))")
        }
        let place = try kind.placeKeys.first.flatMap { key throws(CaseError) in try fields.text(key) }
        return ExpectedThing(kind: kind, sku: sku, name: name, place: place, values: values, line: node.position.line)
    }

    private func expected(_ entry: YAMLNode.Entry) throws(CaseError) -> Expected {
        let text = try Fields.scalar(entry.value, entry.key)
        let digits = text.filter { $0 != "_" }
        return Expected(name: entry.key, text: Int64(digits).map { "\($0)" } ?? text, line: entry.position.line)
    }
}

extension ExpectedThing.Kind {
    /// The key that names the thing within its SKU.
    var nameKey: String {
        switch self {
        case .stock: "location"
        case .holds: "hold"
        case .orderLines: "orderLine"
        case .incoming: "incoming"
        case .transfers: "transfer"
        case .lots: "lot"
        case .serials: "serial"
        case .availability: "location"
        case .owners: "owner"
        }
    }

    /// The key that says where the thing is, where it may be in several places.
    var placeKeys: [String] {
        switch self {
        case .lots: ["location"]
        case .availability: ["minExpiry"]
        default: []
        }
    }

    /// What can be expected of it.
    var valueNames: [String] {
        switch self {
        case .stock:
            Disposition.allCases.map { "\($0.wireName)" }
                + [
                    "onHand", "held", "committed", "safetyStock", "shortfall", "available", "incoming", "inTransit", "low", "out", "count",
                    "backordered", "preordered", "sold", "soldAsOf", "sold7", "sold28", "sold35",
                ]
        case .holds: ["status", "quantity", "remaining", "at", "expires", "minExpiry"]
        case .incoming: ["status", "expected", "arrived", "open", "at"]
        case .transfers: ["status", "sent", "accepted", "rejected", "arrived", "inTransit", "returned", "writtenOff", "from", "to", "lots"]
        case .orderLines:
            [
                "status", "ordered", "open", "shipped", "canceled", "returned", "cores", "at", "lots", "minExpiry", "backordered",
                "preordered", "shipBy", "inTransit", "expires",
            ]
        case .availability: ["available"]
        case .owners: ["held"]
        case .serials: ["status", "warrantyUntil"]
        case .lots: ["status", "expires", "inTransit"] + Disposition.allCases.map { "\($0.wireName)" }
        }
    }
}
