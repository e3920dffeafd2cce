internal import CLibrdkafka
internal import Synchronization

/// What the group told a consumer in its rebalance callback, kept until the worker asks. The answer (assign, unassign) is given when the
/// worker has committed, not in the callback: the group waits for it.
final class RebalanceMailbox: Sendable {
    /// One turn of the group's mind.
    enum Event {
        case assigned([Int32])
        case revoked([Int32])
        case lost([Int32])
    }

    private struct State {
        var events: [Event] = []
        var isClosing = false
        var memberID: [UInt8] = []
        var memberChanges = 0
        var wasAssigned = false
    }

    private let state = Mutex(State())
    private let hasEvents = Atomic<Bool>(false)

    /// The next event; nil where there is none.
    func next() -> Event? {
        guard hasEvents.load(ordering: .acquiring) else { return nil }
        return state.withLock { state in
            guard !state.events.isEmpty else { return nil }
            let event = state.events.removeFirst()
            hasEvents.store(!state.events.isEmpty, ordering: .releasing)
            return event
        }
    }

    /// Keeps an event. False while the client closes: then the callback must answer the group itself.
    func post(_ event: Event) -> Bool {
        state.withLock { state in
            guard !state.isClosing else { return false }
            state.events.append(event)
            hasEvents.store(true, ordering: .releasing)
            return true
        }
    }

    /// From now on the callback answers the group itself.
    func beginClosing() { state.withLock { $0.isClosing = true } }

    /// The member id that the last assignment was made to; empty before the first.
    var memberID: [UInt8] { state.withLock { $0.memberID } }

    /// Rises with each change of the member id.
    var memberChanges: Int { state.withLock { $0.memberChanges } }

    /// Whether any assignment was answered, an empty one too. librdkafka 2.0.2 asserts when a cooperative consumer leaves the group before
    /// that (issue 4312).
    var wasAssigned: Bool { state.withLock { $0.wasAssigned } }

    /// Notes that an assignment was answered.
    func noteAssigned() { state.withLock { $0.wasAssigned = true } }

    /// Notes to whom an assignment was made.
    func noteMember(_ memberID: [UInt8]) {
        state.withLock { state in
            guard state.memberID != memberID else { return }
            state.memberID = memberID
            state.memberChanges += 1
        }
    }

    /// Registers the callback that feeds this mailbox. Without one, librdkafka rejoins behind the worker's back and "fresh" group metadata
    /// let a zombie commit.
    static func register(on conf: OpaquePointer) {
        rd_kafka_conf_set_rebalance_cb(conf) { client, code, partitions, opaque in
            guard let client, let partitions else { return }
            RebalanceMailbox.handle(client, code, partitions, RDKafkaContext.of(opaque))
        }
    }

    private static func handle(
        _ client: OpaquePointer, _ code: rd_kafka_resp_err_t, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>,
        _ context: RDKafkaContext
    ) {
        let mailbox = context.rebalances
        let partitions = (0..<Int(list.pointee.cnt)).map { list.pointee.elems[$0].partition }
        if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            if let member = RDKafkaGroupMember.current(of: client) { mailbox.noteMember(member.id) }
            guard partitions.isEmpty || !mailbox.post(.assigned(partitions)) else { return rd_kafka_yield(client) }
            // Nothing new, or no time left to take it.
            mailbox.noteAssigned()
            answer(rd_kafka_incremental_assign(client, list), context)
        } else {
            let isLost = rd_kafka_assignment_lost(client) != 0
            let isKept = !partitions.isEmpty && mailbox.post(isLost ? .lost(partitions) : .revoked(partitions))
            guard !isKept else { return rd_kafka_yield(client) }
            answer(rd_kafka_incremental_unassign(client, list), context)
        }
    }

    private static func answer(_ error: OpaquePointer?, _ context: RDKafkaContext) {
        guard let error else { return }
        let taken = RDKafkaError(taking: error)
        context.log(3, "REBALANCE", taken.description)
    }
}
