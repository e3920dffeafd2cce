public import StockCore

/// A marketplace's day on 100,000 SKUs at three locations: holds that are committed and shipped, tills, restocks, cancels, returns,
/// refusals and repeats. Popular SKUs are met more often (Zipf with exponent 1), or all alike. The same events in every run.
public struct Marketplace {
    /// How many SKUs it trades.
    public let skuCount: Int
    private let skus: [Key]
    private let locations: [Key] = [Key("berlin"), Key("lyon"), Key("turin")]
    private var random: UInt64 = 88_172_645_463_325_252
    private var number: UInt64 = 0
    private let isUniform: Bool
    /// Open orders, the oldest first: what a later step of the same order names.
    private var orders: [(sku: Int32, location: UInt8, number: UInt64, step: UInt8)] = []
    private var last = StockEvent()

    /// A marketplace at its beginning.
    public init(skuCount: Int = 100_000, isUniform: Bool = false) {
        self.skuCount = skuCount
        self.isUniform = isUniform
        skus = (0..<skuCount).map { Key(text: "SKU-\($0 * 7_919 % 10_000_019)")! }
    }

    private mutating func next() -> UInt64 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return random
    }

    /// Rank r with a chance in proportion to 1 / r, or any.
    private mutating func popular() -> Int32 {
        if isUniform { return Int32(next() % UInt64(skuCount)) }
        let bits = max(1, Int.bitWidth - (skuCount - 1).leadingZeroBitCount)
        let magnitude = next() % UInt64(bits)
        let rank = (1 << magnitude) + next() % (1 << magnitude) - 1
        return Int32(rank % UInt64(skuCount))
    }

    /// A key of eight letters and a number's digits in base 32.
    private func key(_ prefix: StaticString, _ number: UInt64) -> Key {
        withUnsafeTemporaryAllocation(byteCount: 24, alignment: 1) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
            for digit in 0..<13 {
                let value = UInt8(truncatingIfNeeded: number >> UInt64(5 * digit) & 31)
                bytes[prefix.utf8CodeUnitCount + digit] = value < 10 ? 48 + value : 87 + value
            }
            return Key(UnsafeRawBufferPointer(rebasing: bytes[0..<prefix.utf8CodeUnitCount + 13]))!
        }
    }

    private mutating func make(_ type: EventType, _ sku: Int32, _ location: UInt8, at time: Int64) -> StockEvent {
        number += 1
        var event = StockEvent()
        event.type = type
        event.sku = skus[Int(sku)]
        event.location = locations[Int(location)]
        event.idHash = Hash128(high: number &* 0x9E37_79B9_7F4A_7C15, low: number &* 0xD6E8_FEB8_6659_FD93)
        event.bodyHash = number
        event.occurredAtMilliseconds = time
        return event
    }

    /// The first events: every SKU's policy, then a receipt at each of its locations.
    public mutating func stock(_ index: Int, at time: Int64) -> StockEvent {
        if index < skuCount {
            var event = make(.define, Int32(index), 0, at: time)
            event.location = Key()
            event.policy.reorderPoint = 3
            return event
        }
        let index = index - skuCount
        var event = make(.receive, Int32(index / locations.count), UInt8(index % locations.count), at: time)
        event.document = key("receipt-", number)
        event.quantity = 12
        return event
    }

    /// The next event. In hundred: 30 holds, 24 commits, 20 shipments, 8 tills, 6 restocks, 4 releases, 4 cancels or returns, 2
    /// corrections, 2 repeats.
    public mutating func event(at time: Int64) -> StockEvent {
        let choice = next() % 100
        switch choice {
        case 0..<30:
            let sku = popular()
            let location = UInt8(next() % 3)
            var event = make(.hold, sku, location, at: time)
            event.hold = key("cart-", number)
            event.quantity = Int64(1 + next() % 3)
            event.ttlSeconds = 30
            orders.append((sku, location, number, 0))
            last = event
            return event
        case 30..<82 where !orders.isEmpty: return follow(choice, at: time)
        case 82..<90:
            var event = make(.sale, popular(), UInt8(next() % 3), at: time)
            event.orderLine = key("till-", number)
            event.quantity = 1
            event.isForced = next() % 4 == 0
            return event
        case 90..<96:
            var event = make(.receive, popular(), UInt8(next() % 3), at: time)
            event.document = key("receipt-", number)
            event.quantity = 12
            return event
        case 96..<98:
            var event = make(.adjust, popular(), UInt8(next() % 3), at: time)
            event.quantity = next() % 2 == 0 ? 1 : -1
            event.reason = Key("found")
            return event
        case 98..<100 where last.type == .hold: return last
        default:
            var event = make(.move, popular(), 0, at: time)
            event.quantity = 1
            event.toDisposition = .damaged
            return event
        }
    }

    /// The next step of an order, one of the younger ones; some carts are left to expire.
    private mutating func follow(_ choice: UInt64, at time: Int64) -> StockEvent {
        if orders.count > 20_000 { orders.removeFirst(10_000) }
        let index = orders.count - 1 - Int(next() % UInt64(min(orders.count, 2_000)))
        let order = orders[index]
        if order.step == 0 && choice < 34 {
            orders.swapAt(index, orders.count - 1)
            orders.removeLast()
            var event = make(.release, order.sku, order.location, at: time)
            event.location = Key()
            event.hold = key("cart-", order.number)
            return event
        }
        orders[index].step += 1
        var event = make(order.step == 0 ? .commit : order.step == 1 ? .ship : .return, order.sku, order.location, at: time)
        event.orderLine = key("order-", order.number)
        switch order.step {
        case 0:
            event.location = Key()
            event.hold = key("cart-", order.number)
        case 1:
            event.location = Key()
            event.document = key("parcel-", order.number)
        default:
            event.document = key("return-", order.number)
            event.quantity = 1
            orders.swapAt(index, orders.count - 1)
            orders.removeLast()
        }
        return event
    }
}
