/// A part of a promise over several locations: all but the part that its hold's or order line's own record has. A promise at one location
/// has none of them, so it is as small as ever.
public struct PartRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// Its level's slot.
    public var level: Int32 = -1
    /// Whether it is of a hold, or of an order line.
    public var isHold = false
    /// The hold's or the order line's id.
    public var id = Key()
    /// The promise's next part, by location; -1: none.
    public var next: Int32 = -1
    /// What is promised there, above 0.
    public var quantity: Int64 = 0

    /// An empty part.
    public init() {}
}

extension Fact {
    /// Whether it is about parts at several locations: its first items are they, and it has no location of its own.
    @inline(__always) public var isSplit: Bool { items.first?.kind == .part }

    /// Appends a part.
    mutating func addPart(_ location: Key, _ quantity: Int64) {
        var item = FactItem()
        item.kind = .part
        item.location = location
        item.quantity = quantity
        items.append(item)
    }
}
