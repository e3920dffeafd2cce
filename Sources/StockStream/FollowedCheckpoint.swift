import StockCore
import StockWire

/// What the owner of a followed partition has written of its checkpoint, read ahead of the facts that it stands behind.
struct FollowedCheckpoint {
    /// The header of a SKU as the owner has written it.
    struct Header {
        var sku: Key
        var version: Int64
        var digest: UInt64
    }

    /// What one transaction holds.
    struct Part {
        var headers: [Header]
        var mark: StateMark
    }

    private var parts: [Part] = []
    /// Headers whose mark has not come yet.
    private var open: [Header] = []
    /// Headers that wait for their facts.
    private(set) var count = 0

    mutating func append(_ header: Header) {
        open.append(header)
        count += 1
    }

    mutating func append(_ mark: StateMark) {
        parts.append(Part(headers: open, mark: mark))
        open = []
    }

    /// The seq of the last fact before the next part; `Int64.max`: there is no part.
    var nextSeq: Int64 { parts.first?.mark.values.seq ?? .max }

    /// Takes the next part.
    mutating func take() -> Part {
        let part = parts.removeFirst()
        count -= part.headers.count
        return part
    }
}
