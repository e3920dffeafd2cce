/// Where a partition stood after its last commits: a small ring, to find the offset and time that belong to a `seq` of a while ago.
struct CommitHistory {
    struct Point {
        var seq: Int64
        var next: Int64
        var timeMilliseconds: Int64
        var monotonicMilliseconds: Int64
    }

    static let capacity = 512
    private var points: [Point] = []
    private var oldest = 0

    mutating func append(_ point: Point) {
        assert(points.isEmpty || point.seq >= newest.seq, "commits go forward")
        if points.count < CommitHistory.capacity {
            points.append(point)
        } else {
            points[oldest] = point
            oldest = (oldest + 1) % CommitHistory.capacity
        }
    }

    private var newest: Point { points[(oldest + points.count - 1) % points.count] }

    /// The last commit; nil: there was none.
    var last: Point? { points.isEmpty ? nil : newest }

    /// The newest point at or below `seq`; nil where it is older than the ring.
    func point(atOrBelow seq: Int64) -> Point? {
        var low = 0
        var high = points.count
        while low < high {
            let middle = (low + high) / 2
            if points[(oldest + middle) % points.count].seq <= seq { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : points[(oldest + low - 1) % points.count]
    }
}
