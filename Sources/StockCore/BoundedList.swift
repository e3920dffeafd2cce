/// The first so many elements of a sequence in an order, found without sorting all of it: a heap of those found so far, the last on top.
struct BoundedList<Element> {
    private let capacity: Int
    private var heap: [Element] = []

    init(capacity: Int) {
        assert(capacity >= 0)
        self.capacity = capacity
    }

    /// Takes an element, where it is among the first.
    mutating func insert(_ element: Element, _ isBefore: (Element, Element) -> Bool) {
        if heap.count < capacity {
            heap.append(element)
            var index = heap.count - 1
            while index > 0, case let parent = (index - 1) / 2, isBefore(heap[parent], heap[index]) {
                heap.swapAt(parent, index)
                index = parent
            }
            return
        }
        guard capacity > 0, isBefore(element, heap[0]) else { return }
        heap[0] = element
        var index = 0
        while true {
            var last = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && isBefore(heap[last], heap[child]) { last = child }
            if last == index { return }
            heap.swapAt(last, index)
            index = last
        }
    }

    /// What was found, in order.
    func sorted(_ isBefore: (Element, Element) -> Bool) -> [Element] { heap.sorted(by: isBefore) }
}
