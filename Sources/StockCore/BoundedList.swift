/// The first so many elements of a sequence in an order, found without sorting all of it: a heap of those found so far, the last on top.
struct BoundedList<Element> {
    private let capacity: Int
    private var heap = BinaryHeap<Element>()

    init(capacity: Int) {
        assert(capacity >= 0)
        self.capacity = capacity
    }

    /// Takes an element, where it is among the first.
    mutating func insert(_ element: Element, _ isBefore: (Element, Element) -> Bool) {
        if heap.elements.count < capacity {
            heap.push(element) { isBefore($1, $0) }
        } else if let last = heap.first, isBefore(element, last) {
            heap.replaceFirst(with: element) { isBefore($1, $0) }
        }
    }

    /// What was found, in order.
    func sorted(_ isBefore: (Element, Element) -> Bool) -> [Element] { heap.elements.sorted(by: isBefore) }
}
