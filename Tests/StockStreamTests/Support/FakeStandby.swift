import StockStream

@testable import StockStream

/// The standby of one engine: it does its work when it is told to, not on a thread of its own.
final class FakeStandby: StandbyStore, @unchecked Sendable {
    let source: FakeRestore
    let standby: Standby<FakeRestore>
    private(set) var notices: [StandbyNotice] = []
    /// How often a worker has to ask before it gets an answer.
    var patience = 1
    private var asked = 0
    private let world: StreamWorld
    private var owned: Set<Int32> = []

    init(_ world: StreamWorld) {
        self.world = world
        let source = FakeRestore(world.kafka)
        self.source = source
        var tell: (StandbyNotice) -> Void = { _ in }
        standby = Standby(source: source, options: world.options) { tell($0) }
        tell = { [unowned self] in notices.append($0) }
    }

    func take(_ partition: Int32) -> StandbyAnswer {
        owned.insert(partition)
        asked += 1
        guard asked >= patience else { return .pending }
        asked = 0
        return standby.take(partition).map { .ready($0) } ?? .none
    }

    func noteRestored(_ partition: Int32) {}

    func give(_ partition: Int32, _ state: FollowedPartition?) {
        owned.remove(partition)
        standby.follow(partition, state)
    }

    var hasOthers: Bool { owned.count < Int(world.kafka.partitions) }

    /// Follows what this process does not own.
    @discardableResult func step() -> Bool {
        for partition in 0..<world.kafka.partitions where !owned.contains(partition) { standby.follow(partition) }
        return standby.step(nowMonotonic: world.clock.monotonicMicroseconds() / 1_000, nowWall: world.clock.wallMilliseconds())
    }

    /// Follows until nothing comes any more.
    func catchUp() {
        for _ in 0..<10_000 where !step() && standby.loading == 0 { return }
    }

    /// Why what was followed of partitions was dropped.
    var drops: [StopReason] { notices.compactMap { if case .dropped(_, let reason) = $0 { reason } else { nil } } }

    /// The codes of the reasons.
    var dropped: [String] { drops.map(\.code) }

    /// The digest of a partition as it is followed; nil: it is not.
    func digest(_ partition: Int32 = 0) -> UInt64? { standby.withState(partition) { $0.finishDigest() &+ $0.idDigest } }
}
