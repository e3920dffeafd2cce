/// Where a partition stood after its last commits: a small ring, to find the offset and time that belong to a `seq` of a while ago.
struct CommitHistory {
    struct Point {
        var seq: Int64
        var next: Int64
        var timeMilliseconds: Int64
    }

    static let capacity = 512
    private var points = SortedRing<Point>(capacity: capacity)

    mutating func append(_ point: Point) {
        assert(last.map { point.seq >= $0.seq } ?? true, "commits go forward")
        points.append(point)
    }

    /// The last commit; nil: there was none.
    var last: Point? { points.last }

    /// The newest point at or below `seq`; nil where it is older than the ring.
    func point(atOrBelow seq: Int64) -> Point? { points.last { $0.seq <= seq } }
}
