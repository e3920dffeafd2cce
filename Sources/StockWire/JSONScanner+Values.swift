extension JSONScanner {
    /// Reads a whole number that fits in 64 bits. `1.0` and `1e3` are refused, although they are whole: a producer that sends them
    /// computes quantities in floating point.
    @inline(__always) mutating func readInteger() throws(WireError) -> Int64 {
        let start = position
        let isNegative = peek == UInt8(ascii: "-")
        if isNegative { position &+= 1 }
        let first = peek &- UInt8(ascii: "0")
        guard first <= 9 else {
            position = start
            throw failure(isNegative ? .syntax : .wrongType, "a whole number is expected")
        }
        position &+= 1
        var value = UInt64(first)
        if first == 0 {
            if peek &- UInt8(ascii: "0") <= 9 { throw failure(.syntax, "a number must not begin with 0") }
        } else {
            // 18 digits can't overflow.
            let safe = position &+ 17
            while position < safe, case let digit = peek &- UInt8(ascii: "0"), digit <= 9 {
                value = value &* 10 &+ UInt64(digit)
                position &+= 1
            }
        }
        let next = peek
        if next &- UInt8(ascii: "0") > 9 && next != UInt8(ascii: ".") && next | 0x20 != UInt8(ascii: "e") {
            return isNegative ? -Int64(value) : Int64(value)
        }
        return try finishInteger(value, isNegative: isNegative, start: start)
    }

    private mutating func finishInteger(_ head: UInt64, isNegative: Bool, start: Int) throws(WireError) -> Int64 {
        var value = head
        var isTooLarge = false
        while case let digit = peek &- UInt8(ascii: "0"), digit <= 9 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            isTooLarge = isTooLarge || overflow || carry
            value = sum
            position &+= 1
        }
        if peek == UInt8(ascii: ".") || peek | 0x20 == UInt8(ascii: "e") {
            position = start
            try skipNumber()
            throw WireError(.notAnInteger, offset: start)
        }
        guard !isTooLarge, value <= UInt64(Int64.max) + (isNegative ? 1 : 0) else { throw WireError(.numberTooLarge, offset: start) }
        return isNegative ? Int64(truncatingIfNeeded: 0 &- value) : Int64(value)
    }

    /// Skips a number of any form that the grammar allows.
    mutating func skipNumber() throws(WireError) {
        if peek == UInt8(ascii: "-") { position &+= 1 }
        if peek == UInt8(ascii: "0") {
            position &+= 1
            if peek &- UInt8(ascii: "0") <= 9 { throw failure(.syntax, "a number must not begin with 0") }
        } else {
            try skipDigits()
        }
        if peek == UInt8(ascii: ".") {
            position &+= 1
            try skipDigits()
        }
        if peek | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position &+= 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(WireError) {
        guard peek &- UInt8(ascii: "0") <= 9 else { throw failure(.syntax, "a digit is expected") }
        while peek &- UInt8(ascii: "0") <= 9 { position &+= 1 }
    }

    /// Skips a value of any kind, checking everything. Gives up beyond byte `limit`, with an error `textTooLong`.
    mutating func skipValue(depth: Int, limit: Int) throws(WireError) {
        guard depth <= Self.maxDepth else { throw failure(.tooDeep) }
        guard position < limit else { throw failure(.textTooLong) }
        switch peek {
        case UInt8(ascii: "{"): try skipObject(depth: depth, limit: limit)
        case UInt8(ascii: "["):
            var isMore = try openArray()
            while isMore {
                skipSpace()
                try skipValue(depth: depth + 1, limit: limit)
                isMore = try anotherElement()
            }
        case UInt8(ascii: "\""): _ = try readText()
        case UInt8(ascii: "t"): try expect("true")
        case UInt8(ascii: "f"): try expect("false")
        case UInt8(ascii: "n"): try expect("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
        default: throw failure(.syntax, "a value is expected")
        }
        guard position <= limit else { throw failure(.textTooLong) }
    }

    private mutating func skipObject(depth: Int, limit: Int) throws(WireError) {
        let base = names.count
        var isMore = try openObject()
        while isMore {
            let name = try memberName()
            try note(name, base: base)
            try skipValue(depth: depth + 1, limit: limit)
            isMore = try anotherMember()
        }
        names.close(base)
    }
}
