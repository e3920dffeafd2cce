/// A heap of instants with a slot each, earliest first, equal instants by slot. Its nodes stand among those of all heaps (`TimerNodes`).
struct TimerHeap: Sendable, BitwiseCopyable {
    struct Entry: Sendable, BitwiseCopyable {
        var atMilliseconds: Int64
        var slot: Int32
    }

    /// The node of its first entry; -1: it is empty.
    fileprivate var root: Int32 = -1
    /// The number of its entries.
    fileprivate(set) var count: Int32 = 0

    static func isBefore(_ a: Entry, _ b: Entry) -> Bool {
        a.atMilliseconds != b.atMilliseconds ? a.atMilliseconds < b.atMilliseconds : a.slot < b.slot
    }
}

/// The nodes of many heaps, in one slab: no heap has memory of its own, and an abort puts all of them back, where their roots are records
/// too. Pairing heaps. Entries are never removed from the middle: whoever takes one checks that it still holds.
struct TimerNodes: ~Copyable {
    /// Not private: Swift 6.3 fails on a slab of a private type here.
    struct Node: BitwiseCopyable {
        var entry: TimerHeap.Entry
        /// The first of those that come after it; the others follow by `next`.
        var child: Int32 = -1
        var next: Int32 = -1
    }

    private var nodes = Slab<Node>()

    /// The earliest entry of a heap.
    @inline(__always) func first(of heap: TimerHeap) -> TimerHeap.Entry? { heap.root < 0 ? nil : nodes[heap.root].entry }

    /// O(1).
    mutating func push(_ entry: TimerHeap.Entry, to heap: inout TimerHeap) {
        add(nodes.insert(Node(entry: entry)), to: &heap)
    }

    /// Amortised O(log n).
    mutating func pop(from heap: inout TimerHeap) -> TimerHeap.Entry? {
        guard heap.root >= 0 else { return nil }
        let top = nodes[heap.root]
        nodes.remove(heap.root)
        heap.root = meldAll(from: top.child)
        heap.count -= 1
        return top.entry
    }

    /// Keeps the entries of a heap for which `isKept` answers true. O(n).
    mutating func keep(in heap: inout TimerHeap, _ isKept: (TimerHeap.Entry) -> Bool) {
        // All nodes in one chain, each node's children behind the last that is known: no memory is needed, however deep the heap is.
        var (node, last) = (heap.root, heap.root)
        heap = TimerHeap()
        while node >= 0 {
            nodes[last].next = nodes[node].child
            while nodes[last].next >= 0 { last = nodes[last].next }
            let next = nodes[node].next
            if isKept(nodes[node].entry) {
                nodes[node].child = -1
                nodes[node].next = -1
                add(node, to: &heap)
            } else {
                nodes.remove(node)
            }
            node = next
        }
    }

    /// Puts a node without children into a heap.
    private mutating func add(_ node: Int32, to heap: inout TimerHeap) {
        heap.root = heap.root < 0 ? node : meld(heap.root, node)
        heap.count += 1
    }

    /// Two heaps become one.
    private mutating func meld(_ a: Int32, _ b: Int32) -> Int32 {
        let (first, second) = TimerHeap.isBefore(nodes[b].entry, nodes[a].entry) ? (b, a) : (a, b)
        nodes[second].next = nodes[first].child
        nodes[first].child = second
        return first
    }

    /// The heaps of a chain become one: each with its neighbour, then the pairs from the last to the first.
    private mutating func meldAll(from first: Int32) -> Int32 {
        var (node, pairs): (Int32, Int32) = (first, -1)
        while node >= 0 {
            let neighbour = nodes[node].next
            let rest = neighbour < 0 ? -1 : nodes[neighbour].next
            let pair = neighbour < 0 ? node : meld(node, neighbour)
            nodes[pair].next = pairs
            (pairs, node) = (pair, rest)
        }
        guard pairs >= 0 else { return -1 }
        var root = pairs
        pairs = nodes[root].next
        while pairs >= 0 {
            let rest = nodes[pairs].next
            root = meld(root, pairs)
            pairs = rest
        }
        nodes[root].next = -1
        return root
    }

    mutating func begin() { nodes.begin() }
    mutating func commit() { nodes.commit() }
    mutating func abort() { nodes.abort() }
}
