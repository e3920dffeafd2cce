import StockCore

/// Finds a field by its name in a few instructions: the name's ends are two words, and those hash without collisions.
struct FieldTable: ~Copyable {
    private struct Entry {
        /// The name's first eight bytes and its last eight; both the whole name where it is shorter.
        var first: UInt64
        var last: UInt64
        var count: Int
        var field: EventField
    }

    private static let bits: UInt64 = 11

    private let entries: UnsafeMutablePointer<Entry>
    private let multiplier: UInt64

    /// A table of all fields.
    init() {
        let size = 1 << Int(Self.bits)
        let free = Entry(first: 0, last: 0, count: -1, field: .id)
        entries = .allocate(capacity: size)
        var candidate: UInt64 = 0x9E37_79B9_7F4A_7C15
        // One in ten multipliers will do.
        search: while true {
            entries.initialize(repeating: free, count: size)
            for field in EventField.allCases {
                let name = field.name
                let bytes = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
                let (first, last) = Self.ends(bytes)
                let slot = Self.slot(first, last, bytes.count, candidate)
                if entries[slot].count >= 0 {
                    candidate = (candidate &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407) | 1
                    continue search
                }
                entries[slot] = Entry(first: first, last: last, count: bytes.count, field: field)
            }
            break
        }
        multiplier = candidate
    }

    deinit { entries.deallocate() }

    /// The field of that name; nil where there is none.
    @inline(__always) func field(named name: UnsafeRawBufferPointer) -> EventField? {
        let (first, last) = Self.ends(name)
        let entry = entries[Self.slot(first, last, name.count, multiplier)]
        guard entry.first == first && entry.last == last && entry.count == name.count else { return nil }
        // The ends of longer names leave a gap.
        return name.count <= 16 || name.equals(entry.field.name) ? entry.field : nil
    }

    @inline(__always) private static func slot(_ first: UInt64, _ last: UInt64, _ count: Int, _ multiplier: UInt64) -> Int {
        let mixed = (first ^ last &* 0x8EBC_6AF0_9C88_C6E3 ^ UInt64(truncatingIfNeeded: count)) &* multiplier
        return Int(truncatingIfNeeded: mixed >> (64 &- bits))
    }

    @inline(__always) private static func ends(_ name: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        let count = name.count
        if count >= 8 {
            return (
                name.loadUnaligned(as: UInt64.self).littleEndian,
                name.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self).littleEndian
            )
        }
        let word = name.shortWord
        return (word, word)
    }
}
