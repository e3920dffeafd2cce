internal import StockCore

/// A SKU whose hash has fields too many, as it was when they were found.
struct Remnant: Equatable {
    var sku: Key
    /// Of another version it may have other fields; then the next batch finds what is left.
    var version: Int64
    /// Whether it tells what is sold.
    var keepsSold = false
    /// Whether anything was.
    var hasSold = false
}

/// One step of a sweep or a clean-up: which SKUs it looks at, and what has to be removed after their hashes were read.
struct MaintenanceStep {
    /// A SKU that has something to lose.
    struct Removal: Equatable {
        var sku: Key
        /// Whether everything of the SKU goes; otherwise `fields` and the memberships at `locations`.
        var isWhole: Bool
        var fields: [[UInt8]] = []
        var locations: [[UInt8]] = []
    }

    var keys: [Key] = []
    /// In a clean-up what is known of each key.
    var remnants: [Remnant] = []
    /// Whether this is a step of a sweep; otherwise it cleans up remnants.
    var isSweep = false
    var incarnation: Int64 = 0
    var removals: [Removal] = []
    /// The fields beside those of locations.
    private static let fixedNames: Set<String> = [
        "onHand", "sellable", "held", "committed", "unavailable", "safetyStock", "available", "shortfall", "low", "out", "scale",
        "incoming", "inTransit", "backordered", "preordered", "waiting",
        "version", "incarnation", "partition", "seq", "time", "locations",
    ]
    private static let locationNames: Set<String> = [
        "onHand", "sellable", "held", "committed", "unavailable", "safetyStock", "available", "shortfall", "low", "out", "incoming",
        "inTransit", "backordered", "preordered", "waiting",
    ]
    private static let soldNames: Set<String> = ["sold", "soldAsOf", "sold7", "sold28", "sold35"]
    /// The SKU whose fields come next; nil: it is no longer as it was found.
    private var current: Remnant?

    /// Notes what HMGET incarnation locations said about a SKU, in a sweep.
    mutating func sweepAnswered(_ index: Int, _ reply: Reply) {
        // A hash that is missing leaves only its mark in the index; one of ours has a number here.
        if let found = reply.number(at: 0), found >= incarnation { return }
        let locations = reply.bytes(at: 1).flatMap(LocationList.parse) ?? []
        removals.append(Removal(sku: keys[index], isWhole: true, locations: locations))
    }

    /// Notes what HMGET locations version incarnation said of a SKU, the first of the two replies in a clean-up.
    mutating func locationsAnswered(_ index: Int, _ reply: Reply) {
        let locations = reply.bytes(at: 0).flatMap(LocationList.parse) ?? []
        removals.append(Removal(sku: keys[index], isWhole: false, locations: locations))
        let isAsFound = reply.number(at: 1) == remnants[index].version && reply.number(at: 2) == incarnation
        current = isAsFound ? remnants[index] : nil
    }

    /// Notes the field names (HKEYS), the second reply: what is neither a fixed field nor one of a named location goes.
    mutating func fieldsAnswered(_ reply: Reply) {
        guard var removal = removals.popLast() else { preconditionFailure("HKEYS before HMGET") }
        guard let current else { return }
        let kept = Set(removal.locations)
        var vanished: Set<[UInt8]> = []
        for index in 0..<reply.strings {
            guard let field = reply.bytes(at: index) else { continue }
            guard let colon = field.lastIndex(of: UInt8(ascii: ":")) else {
                let name = String(decoding: field, as: UTF8.self)
                let isOfSold = name == "soldAsOf" ? current.keepsSold : current.hasSold && Self.soldNames.contains(name)
                let isKept = Self.fixedNames.contains(name) || isOfSold
                if !isKept { removal.fields.append(Array(field)) }
                continue
            }
            let location = Array(field[..<colon])
            let name = String(decoding: field[(colon + 1)...], as: UTF8.self)
            let isOfSold = Self.soldNames.contains(name)
            let isOurs = Self.locationNames.contains(name) || isOfSold
            if isOurs && kept.contains(location) && (!isOfSold || current.hasSold) { continue }
            removal.fields.append(Array(field))
            if isOurs && !kept.contains(location) { vanished.insert(location) }
        }
        guard !removal.fields.isEmpty else { return }
        removal.locations = vanished.sorted { $0.lexicographicallyPrecedes($1) }
        removals.append(removal)
    }

    /// Encodes MULTI, the removals and EXEC; answers the commands in between.
    func encode(partition: Int32, keys: ViewKeys, to output: inout OutputBuffer) -> Int {
        var commands = 0
        output.raw("*1\r\n$5\r\nMULTI\r\n")
        for removal in removals {
            if removal.isWhole {
                output.raw("*2\r\n$6\r\nUNLINK\r\n")
                output.bulk(keys.sku, removal.sku)
                output.remove("$4\r\nSREM\r\n", keys.skus(partition), [], removal.sku)
                output.remove("$4\r\nZREM\r\n", keys.low, [], removal.sku)
                output.remove("$4\r\nSREM\r\n", keys.out, [], removal.sku)
                commands += 4
            } else {
                output.command(2 + removal.fields.count)
                output.raw("$4\r\nHDEL\r\n")
                output.bulk(keys.sku, removal.sku)
                for field in removal.fields { output.bulk(field) }
                commands += 1
            }
            for location in removal.locations {
                output.remove("$4\r\nZREM\r\n", keys.lowAtLocation, location, removal.sku)
                output.remove("$4\r\nSREM\r\n", keys.outAtLocation, location, removal.sku)
                commands += 2
            }
        }
        output.raw("*1\r\n$4\r\nEXEC\r\n")
        return commands
    }
}

extension OutputBuffer {
    fileprivate mutating func remove(_ encodedCommand: StaticString, _ front: [UInt8], _ back: [UInt8], _ sku: Key) {
        raw("*3\r\n")
        raw(encodedCommand)
        beginBulk(front.count + back.count)
        front.withUnsafeBytes { raw($0) }
        back.withUnsafeBytes { raw($0) }
        endLine()
        bulk(sku)
    }
}
