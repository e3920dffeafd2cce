internal import CLibrdkafka
internal import StockStream

/// An error of librdkafka, taken over: the C object is destroyed.
struct RDKafkaError: Error, CustomStringConvertible {
    /// The call of a transaction that failed.
    enum Step {
        case initialize, begin, produce, flush, sendOffsets, commit, abort
    }

    var code: rd_kafka_resp_err_t
    var reason: String
    var isFatal: Bool
    var requiresAbort: Bool
    var isRetriable: Bool

    init(
        code: rd_kafka_resp_err_t, reason: String? = nil, isFatal: Bool = false, requiresAbort: Bool = false, isRetriable: Bool = false
    ) {
        self.code = code
        self.reason = reason ?? RDKafkaError.text(code)
        self.isFatal = isFatal
        self.requiresAbort = requiresAbort
        self.isRetriable = isRetriable
    }

    /// Reads and destroys the C object.
    init(taking error: OpaquePointer) {
        self.init(
            code: rd_kafka_error_code(error), reason: String(cString: rd_kafka_error_string(error)),
            isFatal: rd_kafka_error_is_fatal(error) != 0, requiresAbort: rd_kafka_error_txn_requires_abort(error) != 0,
            isRetriable: rd_kafka_error_is_retriable(error) != 0)
        rd_kafka_error_destroy(error)
    }

    /// The library's name of a code, such as `_TIMED_OUT` or `UNKNOWN_MEMBER_ID`.
    static func name(_ code: rd_kafka_resp_err_t) -> String { String(cString: rd_kafka_err2name(code)) }

    /// The library's sentence for a code.
    static func text(_ code: rd_kafka_resp_err_t) -> String { String(cString: rd_kafka_err2str(code)) }

    /// Name and reason.
    var description: String { "\(RDKafkaError.name(code)): \(reason)" }

    /// As the ports know it.
    var portError: PortError { PortError(code: RDKafkaError.name(code), reason: reason, isFatal: isFatal) }

    /// The code behind `_FATAL`, which only says that there is one.
    func resolvingFatal(of client: OpaquePointer) -> RDKafkaError {
        guard code == RD_KAFKA_RESP_ERR__FATAL else { return self }
        let (first, text) = withErrorText { rd_kafka_fatal_error(client, $0, $1) }
        guard first != RD_KAFKA_RESP_ERR_NO_ERROR else { return self }
        return RDKafkaError(code: first, reason: text, isFatal: true)
    }

    private var isFencing: Bool {
        code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED || code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH
    }

    /// The broker has forgotten the producer, who was idle for too long. The library would begin anew by itself only where it hears of it
    /// from a record: with offsets alone it asks for an abort, and then uses the dead id again, for ever.
    private var isForgotten: Bool {
        code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING || code == RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID
    }

    private var isMembership: Bool {
        code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION || code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID
            || code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID || code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS
    }

    private var isTimeout: Bool {
        code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT
    }

    /// What to do next: the one table. The order of the questions is librdkafka's: fatal, abort, retriable, everything else fatal.
    func classified(at step: Step) -> SinkResult {
        // Once the commit has been asked for, no error proves that nothing was committed: not a fenced id (another may have fenced it after
        // the commit had got through), and not a demand to abort (librdkafka raises it as well where EndTxn may have succeeded).
        if step == .commit { return isRetriable ? .retry(portError) : .unknown(portError) }
        if isFencing { return .fenced(portError) }
        if isFatal || isForgotten { return .fatal(portError) }
        if isMembership { return .notMember(portError) }
        if requiresAbort { return .mustAbort(portError) }
        if isRetriable || (step == .initialize && isTimeout) { return .retry(portError) }
        switch step {
        // The record alone was refused (too large, unknown partition), or the time of a flush or of the offsets ran out.
        case .produce, .flush, .sendOffsets: return .mustAbort(portError)
        case .initialize, .begin, .commit, .abort: return .fatal(portError)
        }
    }
}
