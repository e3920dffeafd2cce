public import StockCore
public import StockWire

// The whole outside world of the worker. Adapters and the simulator's fakes conform; every call is made on the worker's thread.
// A call may block for the time that its docstring allows and never longer.

// MARK: - Input events of the source

/// What one poll of a source brought.
public enum SourceEvent {
    /// Nothing within the time given.
    case none
    /// A record; its pointers die with the next call of the source.
    case record(RecordView)
    /// The position of a partition has reached its end.
    case endOfPartition(partition: Int32, offset: Int64)
    /// The group gave these partitions. The worker must answer with `accept`.
    case assigned([Int32])
    /// The group takes these partitions back; the worker commits, then answers with `giveUp`.
    case revoked([Int32])
    /// Membership was lost: these partitions may be another's already. Answer with `giveUp`; nothing of theirs may be committed.
    case lost([Int32])
    /// The batch that begins at this offset can't be read, by its bytes or by what it decompresses to, and so nothing behind it. The source
    /// goes on trying.
    case unreadable(partition: Int32, offset: Int64, PortError)
    /// Something is wrong; the source stays usable unless `isFatal`.
    case failed(PortError)
}

/// An error of the outside world, already classified by what to do next.
public struct PortError: Error, Sendable, CustomStringConvertible {
    /// A stable short code, such as librdkafka's `_TIMED_OUT` or `UNKNOWN_MEMBER_ID`.
    public var code: String
    /// What happened, for people.
    public var reason: String
    /// Whether the object that reported it must be rebuilt.
    public var isFatal: Bool

    /// An error with its classification.
    public init(code: String, reason: String, isFatal: Bool) {
        self.code = code
        self.reason = reason
        self.isFatal = isFatal
    }

    /// Code and reason.
    public var description: String { "\(code): \(reason)" }
}

// MARK: - Input

/// The consumer of the input topic, member of the group. One a worker.
public protocol RecordSource: AnyObject {
    /// Waits up to `waitMilliseconds` (0: does not wait) for one event. Records arrive in offset order within a partition. After `start`,
    /// `seek` or `stop` no record of before arrives any more.
    func poll(waitMilliseconds: Int32) -> SourceEvent
    /// Lends partition and key of the records that the next polls bring, as far as they are here already; answers for how many polls. The
    /// record of the last poll stays as it is.
    func lookAhead(_ body: (_ partition: Int32, _ key: UnsafeRawBufferPointer) -> Void) -> Int
    /// Takes partitions that `assigned` announced. They deliver nothing until `start`. Does not wait.
    func accept(_ partitions: [Int32])
    /// Gives partitions back after `revoked` or `lost`. Does not wait.
    func giveUp(_ partitions: [Int32])
    /// Begins or moves delivery at `offset`. Up to 100 ms.
    func start(_ partition: Int32, at offset: Int64)
    /// Stops delivery until `start` (used when a task stops on a failed check, and for back-pressure).
    func stop(_ partition: Int32)
    /// The end of the partition as last seen by fetches (high watermark, not the last stable offset); nil before the first fetch. Free.
    func highWatermark(_ partition: Int32) -> Int64?
    /// The last stable offset as last seen; nil where not known. Free.
    func lastStableOffset(_ partition: Int32) -> Int64?
    /// Whether the group still counts this consumer in, with the member id of the last assignment.
    var isMember: Bool { get }
    /// Leaves the group; `revoked` is not announced any more. Up to 5 s.
    func close()
}

// MARK: - Output

/// The output topics, each of them declared in `topics/`.
public enum OutputTopic: Int, Sendable, CaseIterable {
    case ledger, state, levels, alerts, webhooks, replies, deadLetters, events
}

/// What a call on the transactional producer ended in, by what to do next.
public enum SinkResult: Sendable {
    /// Done.
    case done
    /// Nothing was decided yet; call again with the same arguments.
    case retry(PortError)
    /// The transaction can't be committed: abort, undo, rewind.
    case mustAbort(PortError)
    /// The transaction was aborted because membership or generation was not right: abort, undo; tasks go only when the group says so.
    case notMember(PortError)
    /// This producer's id was fenced by another (a new owner of one of our partitions): abort, undo, rebuild the producer.
    case fenced(PortError)
    /// The producer is dead but nothing was committed: undo, rebuild it.
    case fatal(PortError)
    /// The commit was asked for and its outcome is not known: keep the undo log, rebuild, let the stable claim decide.
    case unknown(PortError)
}

/// An offset to commit, with the claim as its metadata string.
public struct OffsetCommit: Sendable, Equatable {
    /// The input partition.
    public var partition: Int32
    /// The next offset to read.
    public var next: Int64
    /// The claim, ASCII.
    public var metadata: String

    /// An offset with its claim.
    public init(partition: Int32, next: Int64, metadata: String) {
        self.partition = partition
        self.next = next
        self.metadata = metadata
    }
}

/// One transactional producer. A worker has two and uses them in turns; never both with an open transaction.
public protocol TransactionalSink: AnyObject {
    /// The transactional id; part of the claim.
    var transactionalID: String { get }
    /// Makes the producer ready (init_transactions), which also settles what an earlier transaction of this id ended in. Up to 1 s, then
    /// `retry`.
    func initialize() -> SinkResult
    /// Opens a transaction.
    func begin() -> SinkResult
    /// Hands over one record; the bytes are copied. `partition` -1 lets the partitioner (murmur2 of the key) choose.
    /// `timestampMilliseconds` 0: now.
    /// A full queue is waited out here, up to 1 s.
    func produce(
        _ topic: OutputTopic, partition: Int32, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        timestampMilliseconds: Int64, headers: UnsafeBufferPointer<RecordHeader>
    ) -> SinkResult
    /// Flushes, sends the offsets with the group metadata read afresh and examined, commits. `offsets` is never empty. Waits as long as the
    /// transaction may live (10 s), and then answers `unknown`.
    ///
    /// `meanwhile` is called again and again until the broker has answered, as long as it says that there is more to do.
    func commit(_ offsets: [OffsetCommit], meanwhile: () -> Bool) -> SinkResult
    /// Gives the transaction up. Waits up to 10 s; anything but `done` means that the producer must be rebuilt.
    func abort() -> SinkResult
    /// Throws the handle away and makes a new one with the same id; `initialize` comes next.
    func rebuild()
    /// Whether the broker tells what became of a transaction: librdkafka's embedded cluster does not.
    var isAccountable: Bool { get }
    /// Rises when a broker is lost sight of, as far as has been heard of it by the end of the last call.
    var outages: Int { get }
    /// Gives what this id's last transaction has left in the topics without an end the one that it should have. The broker should have
    /// written it, and some versions forget to (ARCHITECTURE.md): the end of the id's next transaction counts for it then, so one is made
    /// that touches the same partitions and ends in the same way. No transaction is open. Whatever the answer, `initialize` comes next.
    func seal(_ seal: Seal) -> SinkResult
}

/// How a transaction whose end the broker forgot is ended.
public enum Seal: Sendable, Equatable {
    /// It was aborted: a transaction with a record in every partition of every topic, which is aborted, so nobody sees anything of it.
    /// It holds `offset`, a committed one as it is, so that the group's part is ended too; nil where there is none.
    case abort(offset: OffsetCommit?)
    /// It was committed: a transaction with a record in these partitions, which is committed. Readers find a record there with the key
    /// `SealRecord.key` and without a value. `offset`: what has been committed as far as the owner knows, where the group's part has no
    /// end either.
    case commit([TopicPartition], offset: OffsetCommit?)
}

/// A partition of a topic.
public struct TopicPartition: Sendable, Equatable {
    /// The topic's name.
    public var topic: String
    /// The partition.
    public var partition: Int32

    /// The partition of that topic.
    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }
}

/// A partition in which a transaction is open, or has no end.
public struct OpenPartition: Sendable, Equatable {
    /// Which one.
    public var place: TopicPartition
    /// Its last stable offset: that of the first record that is open.
    public var stableEnd: Int64

    /// The partition that is open from there on.
    public init(place: TopicPartition, stableEnd: Int64) {
        self.place = place
        self.stableEnd = stableEnd
    }
}

extension TransactionalSink {
    /// Commits, with nothing to do meanwhile.
    public func commit(_ offsets: [OffsetCommit]) -> SinkResult { commit(offsets) { false } }
}

// MARK: - Projection

/// How far a partition's view in Redis is.
public struct Watermark: Sendable, Equatable {
    /// The wall clock in milliseconds at which the partition's ledger got its first record.
    public var incarnation: Int64
    /// The claim number of the owner that wrote it.
    public var claim: Int64
    /// Rises by one with each batch.
    public var batch: Int64
    /// The last `seq` before the oldest change that is not in the view yet.
    public var seq: Int64
    /// The input offset after that.
    public var next: Int64
    /// The log time in milliseconds of that.
    public var timeMilliseconds: Int64

    /// A watermark with all its fields.
    public init(incarnation: Int64, claim: Int64, batch: Int64, seq: Int64, next: Int64, timeMilliseconds: Int64) {
        self.incarnation = incarnation
        self.claim = claim
        self.batch = batch
        self.seq = seq
        self.next = next
        self.timeMilliseconds = timeMilliseconds
    }
}

/// What the view reports; polled by the worker.
public enum ProjectionEvent: Sendable, Equatable {
    /// This worker owns the partition's view, and this is how far it is; nil: it is empty, of another incarnation or not to be trusted:
    /// project everything.
    case owned(partition: Int32, watermark: Watermark?)
    /// The batch in flight for the partition has become visible.
    case applied(partition: Int32)
    /// The batch in flight was not applied, or it is not known, and the connection starts anew: its SKUs are dirty again. `owned` follows
    /// later.
    case interrupted(partition: Int32)
    /// A higher claim was found: another owner. Never write again before the partition is assigned anew.
    case superseded(partition: Int32)
}

/// Quantities of a level as readers see them, in the SKU's minor unit.
public struct ProjectedQuantities: Sendable, Equatable {
    /// Physical units of every disposition.
    public var onHand: Int64 = 0
    /// Units on the shelf; below zero after a forced departure.
    public var sellable: Int64 = 0
    /// In open holds.
    public var held: Int64 = 0
    /// In open commitments.
    public var committed: Int64 = 0
    /// On hand but not sellable.
    public var unavailable: Int64 = 0
    /// Kept back from promises.
    public var safetyStock: Int64 = 0
    /// Available to promise, never below zero.
    public var available: Int64 = 0
    /// Promises that the shelf does not cover.
    public var shortfall: Int64 = 0
    /// Expected, and not here yet.
    public var incoming: Int64 = 0
    /// On its way here from another location.
    public var inTransit: Int64 = 0
    /// What order lines wait for.
    public var backordered: Int64 = 0
    /// What order lines wait for whose day has not come.
    public var preordered: Int64 = 0
    /// What holds wait for.
    public var waiting: Int64 = 0

    /// All zero.
    public init() {}
}

/// The per-partition counters that dashboards read.
public struct ProjectedCounters: Sendable, Equatable {
    /// Events that were applied.
    public var accepted: Int64 = 0
    /// Events that were refused.
    public var rejected: Int64 = 0
    /// Events that came before.
    public var duplicates: Int64 = 0
    /// Records that could not be read.
    public var deadLetters: Int64 = 0
    /// Records that were sent on to their right partition.
    public var rerouted: Int64 = 0
    /// Events refused for lack of stock.
    public var oversellRefused: Int64 = 0
    /// Units that these asked for, in minor units.
    public var unitsRefused: Int64 = 0
    /// Holds whose time was over.
    public var expiredHolds: Int64 = 0
    /// SKUs known.
    public var skus: Int64 = 0
    /// Holds that are open.
    public var openHolds: Int64 = 0

    /// All zero.
    public init() {}
}

/// The read model. One a worker; no call waits for the network. Batches of several partitions go together, and nothing more goes before
/// their answer.
public protocol ProjectionSink: AnyObject {
    /// Begins to take ownership of the partition's view; the claim number goes only upwards.
    func own(_ partition: Int32, incarnation: Int64, claim: Int64)
    /// Forgets the partition.
    func release(_ partition: Int32)
    /// Does what can be done without waiting (connect, write, read) and brings what has happened since; call again until nil.
    func poll(nowMilliseconds: Int64) -> ProjectionEvent?
    /// Writes and reads what is under way, for a millisecond at most, and brings nothing: for whoever waits for something else. False:
    /// there is nothing under way.
    func pump(nowMilliseconds: Int64) -> Bool
    /// Whether `beginBatch` may be called for the partition now: owned, nothing in flight, and no batch of it among those not sent yet.
    func isReady(_ partition: Int32) -> Bool
    /// Begins a batch. `watermark.batch` is one above the last one's. `isComplete`: with this batch the view misses nothing.
    func beginBatch(_ partition: Int32, _ watermark: Watermark, counters: ProjectedCounters)
    /// Adds a SKU: its totals, alert state, version, and the log time and `seq` of its last change.
    func addSKU(
        _ sku: Key, version: Int64, timeMilliseconds: Int64, seq: Int64, scale: Int64, totals: ProjectedQuantities, isLow: Bool,
        isOut: Bool)
    /// Adds a location of the SKU added last. Every location of the SKU is named, by this or by the next: what is not is removed.
    func addLocation(_ location: Key, _ quantities: ProjectedQuantities, isLow: Bool, isOut: Bool)
    /// Names a location of the SKU added last that the view has as it is already; `hasSold`: what was sold there too.
    func addUnchangedLocation(_ location: Key, hasSold: Bool)
    /// Adds what was sold lately: of the SKU added last, or at the location added after it.
    func addSold(_ sold: SoldDays)
    /// Ends the batch. One of another partition may follow.
    func endBatch()
    /// Sends the batches: all of them become visible at once, or none. What does not fit the socket is written by later polls.
    func sendBatches()
    /// Begins the sweep that removes what an older incarnation left, after everything was projected.
    func sweep(_ partition: Int32, incarnation: Int64)
    /// Waits until there may be something to do for `poll`, at most so long: for whoever has nothing else to do.
    func wait(milliseconds: Int32)
}

extension ProjectionSink {
    /// For views that take every location as it comes.
    public func addUnchangedLocation(_ location: Key, hasSold: Bool) {}

    /// For views that have nothing under way.
    public func pump(nowMilliseconds: Int64) -> Bool { false }

    /// For views that answer at once.
    public func wait(milliseconds: Int32) {}
}
