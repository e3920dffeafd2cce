import StockCore

extension LedgerDecoder {
    mutating func readChain(into chain: inout Chain) throws(WireError) {
        var known: UInt64 = 0
        var isMore = try scanner.openObject()
        while isMore {
            let bit: UInt64
            let name = scanner.contents(try scanner.memberName())
            if name.equals("hop") {
                bit = 1
                chain.hop = try scanner.readInteger()
            } else if name.equals("asked") {
                bit = 2
                chain.asked = try scanner.readInteger()
            } else if name.equals("met") {
                bit = 4
                chain.met = try scanner.readInteger()
            } else if name.equals("next") {
                bit = 8
                chain.next = try readKey()
            } else if name.equals("passedOn") {
                bit = 16
                chain.passedOn = try scanner.readInteger()
            } else {
                throw damaged("an unknown member of a chain")
            }
            try once(bit, &known)
            isMore = try scanner.anotherMember()
        }
    }
}
