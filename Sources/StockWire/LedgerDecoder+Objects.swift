import StockCore

extension LedgerDecoder {
    mutating func readObject(_ field: LedgerField, into fact: inout Fact) throws(WireError) {
        switch field {
        case .meta:
            let start = scanner.position
            guard scanner.peek == UInt8(ascii: "{") else { throw damaged("an object is expected") }
            try scanner.skipValue(depth: 2, limit: scanner.bytes.count)
            envelope.meta = UnsafeRawBufferPointer(rebasing: scanner.bytes[start..<scanner.position])
        case .policy: try readPolicy(into: &fact.policy)
        case .after: try readBalances(into: &fact.after)
        case .chain: try readChain(into: &fact.chain)
        case .unit: try readUnit(into: &fact.unit)
        case .wait: try readWait(into: &fact.wait)
        case .items:
            let kind = fact.kind
            try readItems(of: kind, into: &fact.items)
        case .serials:
            var isAnother = try scanner.openArray()
            while isAnother {
                scanner.skipSpace()
                fact.serials.append(try readKey())
                isAnother = try scanner.anotherElement()
            }
        default: try readError()
        }
    }

    private mutating func readBalances(into balances: inout Balances) throws(WireError) {
        var known: UInt64 = 0
        var isMore = try scanner.openObject()
        while isMore {
            let bit: UInt64
            let name = scanner.contents(try scanner.memberName())
            if name.equals("sellable") {
                bit = 1
                balances.sellable = try scanner.readInteger()
            } else if name.equals("available") {
                bit = 2
                balances.available = try scanner.readInteger()
            } else if name.equals("held") {
                bit = 4
                balances.held = try scanner.readInteger()
            } else if name.equals("committed") {
                bit = 8
                balances.committed = try scanner.readInteger()
            } else if name.equals("shortfall") {
                bit = 16
                balances.shortfall = try scanner.readInteger()
            } else if name.equals("damaged") {
                bit = 32
                balances.damaged = try scanner.readInteger()
            } else if name.equals("quarantine") {
                bit = 64
                balances.quarantine = try scanner.readInteger()
            } else if name.equals("qc") {
                bit = 128
                balances.qc = try scanner.readInteger()
            } else if name.equals("recalled") {
                bit = 256
                balances.recalled = try scanner.readInteger()
            } else if name.equals("expired") {
                bit = 512
                balances.expired = try scanner.readInteger()
            } else if name.equals("core") {
                bit = 1 << 40
                balances.core = try scanner.readInteger()
            } else if name.equals("inTransit") {
                bit = 2048
                balances.inTransit = try scanner.readInteger()
            } else if name.equals("backordered") {
                bit = 4096
                balances.backordered = try scanner.readInteger()
            } else if name.equals("preordered") {
                bit = 8192
                balances.preordered = try scanner.readInteger()
            } else if name.equals("incoming") {
                bit = 1024
                balances.incoming = try scanner.readInteger()
            } else {
                throw damaged("an unknown balance")
            }
            try once(bit, &known)
            isMore = try scanner.anotherMember()
        }
    }

    private mutating func readPolicy(into policy: inout Policy) throws(WireError) {
        var known: UInt64 = 0
        var isMore = try scanner.openObject()
        while isMore {
            let bit: UInt64
            let name = scanner.contents(try scanner.memberName())
            if name.equals("scale") {
                bit = 1
                policy.scale = try scanner.readInteger()
            } else if name.equals("safetyStock") {
                bit = 2
                policy.safetyStock = try scanner.readInteger()
            } else if name.equals("reorderPoint") {
                bit = 4
                policy.reorderPoint = try scanner.readInteger()
            } else if name.equals("reorderHysteresis") {
                bit = 8
                policy.reorderHysteresis = try scanner.readInteger()
            } else if name.equals("returnDisposition") {
                bit = 16
                policy.returnDisposition = Int64(try self.known(Disposition(wireName: try readText())).rawValue)
            } else if name.equals("maxHoldSeconds") {
                bit = 32
                policy.maxHoldSeconds = try scanner.readInteger()
            } else if name.equals("maxHoldQuantity") {
                bit = 64
                policy.maxHoldQuantity = try scanner.readInteger()
            } else if name.equals("expiryAlertDays") {
                bit = 1 << 12
                policy.expiryAlertDays = try readAlertDays()
            } else if name.equals("lateDelta") {
                bit = 1 << 17
                policy.lateDelta = Int64(try self.known(LateDelta(wireName: try readText())).rawValue)
            } else if name.equals("overReceiptPercent") {
                bit = 1 << 16
                policy.overReceiptPercent = try scanner.readInteger()
            } else if name.equals("minShelfLifeDays") {
                bit = 256
                policy.minShelfLifeDays = try scanner.readInteger()
            } else if name.equals("warrantyDays") {
                bit = 1 << 24
                policy.warrantyDays = try scanner.readInteger()
            } else if name.equals("serialTracked") {
                bit = 1 << 25
                policy.serialTracked = try scanner.readFlag() ? 1 : 0
            } else if name.equals("lotTracked") {
                bit = 128
                policy.lotTracked = try scanner.readFlag() ? 1 : 0
            } else {
                bit = try readWaitTerm(name, into: &policy)
            }
            try once(bit, &known)
            isMore = try scanner.anotherMember()
        }
    }

    /// The terms about who may wait for stock, about sales and counts; answers with the term's bit.
    private mutating func readWaitTerm(_ name: UnsafeRawBufferPointer, into policy: inout Policy) throws(WireError) -> UInt64 {
        if name.equals("recountAbove") {
            policy.recountAbove = try scanner.readInteger()
            return 1 << 28
        }
        if name.equals("approveAbove") {
            policy.approveAbove = try scanner.readInteger()
            return 1 << 29
        }
        if name.equals("blindCount") {
            policy.blindCount = try scanner.readFlag() ? 1 : 0
            return 1 << 30
        }
        if name.equals("receiveDisposition") {
            policy.receiveDisposition = Int64(try known(Disposition(wireName: try readText())).rawValue)
            return 1 << 34
        }
        if name.equals("closedThroughMilliseconds") {
            policy.closedThroughMilliseconds = try scanner.readInteger()
            return 1 << 35
        }
        if name.equals("maxHeldPerOwner") {
            policy.maxHeldPerOwner = try scanner.readInteger()
            return 1 << 36
        }
        if name.equals("velocity") {
            policy.velocity = try scanner.readFlag() ? 1 : 0
            return 1 << 27
        }
        if name.equals("oversellLimit") {
            policy.oversellLimit = try scanner.readInteger()
            return 1 << 26
        }
        if name.equals("backorderLimit") {
            policy.backorderLimit = try scanner.readInteger()
            return 1 << 20
        }
        if name.equals("backorderDays") {
            policy.backorderDays = try scanner.readInteger()
            return 1 << 21
        }
        if name.equals("preorderLimit") {
            policy.preorderLimit = try scanner.readInteger()
            return 1 << 22
        }
        guard name.equals("preorderUntilMilliseconds") else { throw damaged("an unknown term") }
        policy.preorderUntilMilliseconds = try scanner.readInteger()
        return 1 << 23
    }

    private mutating func readWait(into wait: inout WaitTerms) throws(WireError) {
        var known: UInt64 = 0
        var isMore = try scanner.openObject()
        while isMore {
            let bit: UInt64
            let name = scanner.contents(try scanner.memberName())
            if name.equals("quantity") {
                bit = 1
                wait.quantity = try scanner.readInteger()
            } else if name.equals("term") {
                bit = 2
                wait.term = try self.known(WaitTerm(wireName: try readText()))
            } else if name.equals("priority") {
                bit = 4
                wait.priority = try scanner.readInteger()
            } else if name.equals("preorder") {
                bit = 8
                wait.isPreorder = try scanner.readFlag()
            } else if name.equals("shipByMilliseconds") {
                bit = 16
                wait.shipByMilliseconds = try scanner.readInteger()
            } else if name.equals("ttlSeconds") {
                bit = 32
                wait.ttlSeconds = try scanner.readInteger()
            } else {
                throw damaged("an unknown member of what waits")
            }
            try once(bit, &known)
            isMore = try scanner.anotherMember()
        }
    }

    private mutating func readUnit(into unit: inout UnitUse) throws(WireError) {
        var known: UInt64 = 0
        var isMore = try scanner.openObject()
        while isMore {
            let bit: UInt64
            let name = scanner.contents(try scanner.memberName())
            if name.equals("name") {
                bit = 1
                unit.name = try readKey()
            } else if name.equals("numerator") {
                bit = 2
                unit.numerator = try scanner.readInteger()
            } else if name.equals("denominator") {
                bit = 4
                unit.denominator = try scanner.readInteger()
            } else if name.equals("entered") {
                bit = 8
                unit.entered = try scanner.readInteger()
            } else if name.equals("residue") {
                bit = 16
                unit.residue = try scanner.readInteger()
            } else {
                throw damaged("an unknown member of a unit")
            }
            try once(bit, &known)
            isMore = try scanner.anotherMember()
        }
    }

    private mutating func readAlertDays() throws(WireError) -> Int64 {
        var days: [Int64] = []
        var isAnother = try scanner.openArray()
        while isAnother {
            days.append(try scanner.readInteger())
            isAnother = try scanner.anotherElement()
        }
        return try known(AlertDays(days)).packed
    }

    /// Refuses a member that appears twice.
    func once(_ bit: UInt64, _ known: inout UInt64) throws(WireError) {
        guard known & bit == 0 else { throw damaged("a member appears twice") }
        known |= bit
    }

    private mutating func readItems(of kind: FactKind, into items: inout [FactItem]) throws(WireError) {
        var isAnother = try scanner.openArray()
        while isAnother {
            var item = FactItem()
            var known: UInt64 = 0
            var isMore = try scanner.openObject()
            while isMore {
                let bit: UInt64
                let name = scanner.contents(try scanner.memberName())
                if name.equals("hold") || name.equals("lot") {
                    bit = 1
                    // A hold of another fact than an expiry is a promise that is not covered.
                    if name.equals("hold") && kind != .expire { item.kind = kind == .fill ? .granted : .hold }
                    item.id = try readKey()
                } else if name.equals("orderLine") {
                    bit = 1
                    item.kind = kind == .fill ? .filled : kind == .commitExpire ? .main : .orderLine
                    item.id = try readKey()
                } else if name.equals("variance") {
                    bit = 32
                    item.kind = try scanner.readFlag() ? .variance : .main
                } else if name.equals("absorbed") {
                    bit = 64
                    if try scanner.readFlag() { item.kind = .absorbed }
                } else if name.equals("absorbedTo") {
                    bit = 128
                    if try scanner.readFlag() { item.kind = item.kind == .absorbed ? .absorbedBoth : .absorbedTo }
                } else if name.equals("part") {
                    bit = 256
                    item.kind = try scanner.readFlag() ? .part : .main
                } else if name.equals("location") {
                    bit = 2
                    item.location = try readKey()
                } else if name.equals("quantity") {
                    bit = 4
                    item.quantity = try scanner.readInteger()
                } else if name.equals("expiresAtMilliseconds") {
                    bit = 1 << 20
                    item.expiresAtMilliseconds = try scanner.readInteger()
                } else if name.equals("closed") {
                    bit = 8
                    item.closed = try readHex(32)
                } else if name.equals("disposition") {
                    bit = 16
                    item.disposition = try self.known(Disposition(wireName: try readText()))
                } else {
                    throw damaged("an unknown member of an item")
                }
                try once(bit, &known)
                isMore = try scanner.anotherMember()
            }
            items.append(item)
            isAnother = try scanner.anotherElement()
        }
    }

    private mutating func readError() throws(WireError) {
        var known: UInt64 = 0
        var isMore = try scanner.openObject()
        while isMore {
            let bit: UInt64
            let name = scanner.contents(try scanner.memberName())
            if name.equals("code") {
                bit = 1
                error.code = try readText()
            } else if name.equals("field") {
                bit = 2
                error.field = try readText()
            } else if name.equals("byte") {
                bit = 4
                error.byte = try scanner.readInteger()
            } else if name.equals("message") {
                bit = 8
                error.message = try readText()
            } else {
                throw damaged("an unknown member of an error")
            }
            try once(bit, &known)
            isMore = try scanner.anotherMember()
        }
    }

    mutating func readText() throws(WireError) -> UnsafeRawBufferPointer { scanner.contents(try scanner.readText()) }

    mutating func readKey() throws(WireError) -> Key {
        guard let key = Key(try readText()), !key.isEmpty else { throw damaged("a key has 1 to 63 bytes") }
        return key
    }

    /// Exactly `count` hexadecimal digits.
    mutating func readHex(_ count: Int) throws(WireError) -> Hash128 {
        let text = try readText()
        guard text.count == count else { throw damaged("hexadecimal digits are missing") }
        var hash = Hash128()
        for byte in text {
            guard let digit = JSONScanner.hexDigit(byte) else { throw damaged("not a hexadecimal digit") }
            hash.high = hash.high << 4 | hash.low >> 60
            hash.low = hash.low << 4 | UInt64(digit)
        }
        return hash
    }

    func known<Value>(_ value: Value?) throws(WireError) -> Value {
        guard let value else { throw damaged("an unknown name") }
        return value
    }

    func damaged(_ detail: StaticString) -> WireError { WireError(.corrupt, offset: scanner.position, detail: detail) }
}
