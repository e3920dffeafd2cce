/// A heap in an array, the element before all others on top. Each call is given the order, the same one each time.
struct BinaryHeap<Element> {
    private(set) var elements: [Element] = []

    var first: Element? { elements.first }

    /// O(log n).
    mutating func push(_ element: Element, _ isBefore: (Element, Element) -> Bool) {
        elements.append(element)
        var index = elements.count - 1
        while index > 0, case let parent = (index - 1) / 2, isBefore(elements[index], elements[parent]) {
            elements.swapAt(index, parent)
            index = parent
        }
    }

    /// O(log n).
    mutating func pop(_ isBefore: (Element, Element) -> Bool) -> Element? {
        guard let top = elements.first else { return nil }
        let last = elements.removeLast()
        if !elements.isEmpty { replaceFirst(with: last, isBefore) }
        return top
    }

    /// O(log n). The heap is not empty.
    mutating func replaceFirst(with element: Element, _ isBefore: (Element, Element) -> Bool) {
        elements[0] = element
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < elements.count && isBefore(elements[child], elements[least]) {
                least = child
            }
            guard least != index else { return }
            elements.swapAt(index, least)
            index = least
        }
    }
}

extension BinaryHeap: Sendable where Element: Sendable {}
