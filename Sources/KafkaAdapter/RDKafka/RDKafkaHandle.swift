internal import CLibrdkafka
internal import Synchronization

/// What a client's callbacks reach: its log, and the rebalances it was told of. Lives until the handle is taken apart.
final class RDKafkaContext: Sendable {
    let log: KafkaLog
    let rebalances = RebalanceMailbox()
    /// Times that a broker was lost sight of.
    let outages = Atomic(0)
    /// Records that count as acknowledged, but not by an answer of the broker.
    let unconfirmed = Atomic(0)

    init(log: @escaping KafkaLog) { self.log = log }

    /// The context behind the opaque pointer of a callback.
    static func of(_ opaque: UnsafeMutableRawPointer?) -> RDKafkaContext {
        Unmanaged<RDKafkaContext>.fromOpaque(opaque!).takeUnretainedValue()
    }
}

/// Owns one `rd_kafka_t`, its topic handles and its context. Taking it apart may block, so a helper thread does it.
final class RDKafkaHandle {
    /// Consumer or producer.
    enum Kind {
        case consumer
        case producer
    }

    /// Handles whose taking apart has not ended, in the whole process.
    static let beingDestroyed = Atomic<Int>(0)

    /// A C handle on its way to the helper thread. librdkafka's handles are made for several threads.
    private struct Passed: @unchecked Sendable {
        let pointer: OpaquePointer
        let topics: [OpaquePointer]
        let context: Unmanaged<RDKafkaContext>
    }

    let kind: Kind
    let context: RDKafkaContext
    private let pointer: OpaquePointer
    private var topics: [OpaquePointer] = []
    private var isDestroyed = false
    /// Opened when a watched call that did not come back in time has come back after all.
    private var stuckCall: Answer<RDKafkaError?>?

    init(
        _ kind: Kind, _ config: RDKafkaConfig, log: @escaping KafkaLog, prepare: (OpaquePointer) -> Void = { _ in }
    ) throws(KafkaConfigurationError) {
        let conf = try config.makeConf()
        let context = RDKafkaContext(log: log)
        let retained = Unmanaged.passRetained(context)
        rd_kafka_conf_set_opaque(conf, retained.toOpaque())
        rd_kafka_conf_set_log_cb(conf) { client, level, facility, message in
            guard let client, let facility, let message, let opaque = rd_kafka_opaque(client) else { return }
            RDKafkaContext.of(opaque).log(level, String(cString: facility), String(cString: message))
        }
        rd_kafka_conf_set_error_cb(conf) { _, code, reason, opaque in
            guard let reason else { return }
            let error = rd_kafka_resp_err_t(rawValue: code)
            let context = RDKafkaContext.of(opaque)
            if error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN {
                context.outages.add(1, ordering: .relaxed)
            }
            context.log(4, RDKafkaError.name(error), String(cString: reason))
        }
        prepare(conf)
        let type = kind == .consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER
        let (made, text) = withErrorText { rd_kafka_new(type, conf, $0, $1) }
        guard let made else {
            // rd_kafka_new takes the configuration on success only.
            rd_kafka_conf_destroy(conf)
            retained.release()
            throw .refused(reason: text)
        }
        self.kind = kind
        self.context = context
        pointer = made
    }

    deinit { _ = destroy(waitMilliseconds: 0, leavesGroup: false) }

    /// Gives the C handle to `body`, which must not keep it.
    func withPointer<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        precondition(!isDestroyed, "used after it was destroyed")
        return body(pointer)
    }

    /// Makes a call that is known to forget its time limit on a helper thread. nil: it has not come back in time; then nothing else may be
    /// done with this handle but to destroy it, which waits for the call.
    func watched(waitMilliseconds: Int64, _ body: @escaping @Sendable (_ client: OpaquePointer) -> RDKafkaError?) -> RDKafkaError?? {
        precondition(!isDestroyed && stuckCall == nil)
        let passed = Passed(pointer: pointer, topics: [], context: .passUnretained(context))
        let answer = Answer<RDKafkaError?>()
        let isRunning = HelperThread.run { answer.give(body(passed.pointer)) }
        guard isRunning else { return .some(body(pointer)) }
        let found = answer.wait(milliseconds: waitMilliseconds)
        if found == nil { stuckCall = answer }
        return found
    }

    /// Whether a watched call has not come back.
    var isStuck: Bool { stuckCall != nil }

    /// A topic handle that lives as long as this object. For set-up, not for the hot path.
    func topic(_ name: String) throws(KafkaConfigurationError) -> OpaquePointer {
        precondition(!isDestroyed)
        guard let topic = rd_kafka_topic_new(pointer, name, nil) else {
            throw .refused(reason: "topic \(name): \(RDKafkaError.text(rd_kafka_last_error()))")
        }
        topics.append(topic)
        return topic
    }

    /// Takes the client apart on a helper thread and waits for it up to `waitMilliseconds`. A consumer leaves its group first if asked to.
    /// Returns whether it has ended; if not, it goes on alone. `keepsMemory`: it ends but is not freed, where the library would abort the
    /// process over that.
    func destroy(waitMilliseconds: Int64, leavesGroup: Bool, keepsMemory: Bool = false) -> Bool {
        guard !isDestroyed else { return true }
        isDestroyed = true
        context.rebalances.beginClosing()
        let passed = Passed(pointer: pointer, topics: topics, context: .passUnretained(context))
        let isConsumer = kind == .consumer
        let stuckCall = stuckCall
        let latch = Latch()
        RDKafkaHandle.beingDestroyed.add(1, ordering: .relaxed)
        let isRunning = HelperThread.run {
            if let stuckCall { _ = stuckCall.wait() }
            if isConsumer && leavesGroup { rd_kafka_consumer_close(passed.pointer) }
            defer {
                RDKafkaHandle.beingDestroyed.subtract(1, ordering: .relaxed)
                latch.open()
            }
            guard !keepsMemory else { return }
            if !isConsumer { rd_kafka_purge(passed.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT) }
            passed.topics.forEach { rd_kafka_topic_destroy($0) }
            rd_kafka_destroy_flags(passed.pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            passed.context.release()
        }
        // Without a thread the handle is leaked: blocking the worker would be worse.
        guard isRunning else {
            context.log(3, "DESTROY", "no thread to take a client apart")
            return false
        }
        return waitMilliseconds > 0 && latch.wait(milliseconds: waitMilliseconds)
    }
}
