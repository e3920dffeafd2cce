/// A request that names several SKUs in order: what one of them can't meet is passed on to the next, as an event of its own. Where a fact
/// stands in that chain, and what has come of it so far.
public struct Chain: Sendable, Equatable, BitwiseCopyable {
    /// The number of the SKU in the request, from 1; 0: the event named one SKU only.
    public var hop: Int64 = 0
    /// What the first event asked for, in minor units.
    public var asked: Int64 = 0
    /// What the SKUs up to this one have met of it together.
    public var met: Int64 = 0
    /// The SKU to which the rest is passed on; empty: this is the last one.
    public var next = Key()
    /// The rest that is passed on; 0: nothing is.
    public var passedOn: Int64 = 0

    /// No chain.
    public init() {}

    /// Whether it is none.
    @inlinable public var isNone: Bool { hop | asked | met | passedOn == 0 && next.isEmpty }
}

extension StockEvent {
    /// Whether a part of the request may be met here, and the rest elsewhere.
    public var isOfChain: Bool { !nextSKU.isEmpty || hop != Policy.absent }
}

extension PartitionState {
    /// What of a request this SKU meets: all of it, or in a chain what there is. Into the fact what follows from that.
    func share(of event: StockEvent, _ available: Int64, _ fact: inout Fact) -> Int64 {
        guard event.isOfChain else { return event.quantity }
        let share = min(event.quantity, max(0, available))
        fact.chain.hop = event.hop == Policy.absent ? 1 : event.hop
        fact.chain.asked = event.asked == Policy.absent ? event.quantity : event.asked
        fact.chain.met = (event.met == Policy.absent ? 0 : event.met) + share
        fact.chain.next = event.nextSKU
        fact.chain.passedOn = event.nextSKU.isEmpty ? 0 : event.quantity - share
        // What a refusal is about is all that was asked for here.
        if share > 0 { fact.quantity = share }
        return share > 0 ? share : event.quantity
    }

    /// A refusal for another reason than lack of stock ends a chain: nothing was met here, and nothing is passed on.
    func breakChain(_ event: StockEvent, _ fact: inout Fact) {
        guard fact.chain.hop > 0, !fact.rejection.isLackOfStock else { return }
        fact.chain.met = event.met == Policy.absent ? 0 : event.met
        fact.quantity = fact.chain.asked - fact.chain.met
        fact.chain.next = Key()
        fact.chain.passedOn = 0
    }
}
