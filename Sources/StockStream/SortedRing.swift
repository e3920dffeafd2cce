/// The last so many elements of a sequence in ascending order, for look-ups in the recent past.
struct SortedRing<Element> {
    let capacity: Int
    private var elements: [Element] = []
    private var oldest = 0

    /// An empty ring for so many elements.
    init(capacity: Int) { self.capacity = capacity }

    /// Adds the next one; a full ring forgets its oldest.
    mutating func append(_ element: Element) {
        if elements.count < capacity {
            elements.append(element)
        } else {
            elements[oldest] = element
            oldest = (oldest + 1) % capacity
        }
    }

    /// The newest; nil: there is none.
    var last: Element? { elements.isEmpty ? nil : self[elements.count - 1] }

    /// The newest for which that holds, which no later one may hold for where an earlier does not; nil: there is none, or it is older than
    /// the ring. O(log elements).
    func last(where holds: (Element) -> Bool) -> Element? {
        var low = 0
        var high = elements.count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : self[low - 1]
    }

    private subscript(_ age: Int) -> Element { elements[(oldest + age) % elements.count] }
}
