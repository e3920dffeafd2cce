import CLibrdkafka
import StockStream
import Testing

@testable import KafkaAdapter

/// The table of what to do next, row by row.
@Suite struct ClassificationTests {
    struct Row: CustomTestStringConvertible {
        var code: rd_kafka_resp_err_t
        var flags = ""
        var step: RDKafkaError.Step
        var expected: String

        var testDescription: String { "\(RDKafkaError.name(code)) [\(flags)] at \(step): \(expected)" }
    }

    static let rows: [Row] = [
        Row(code: RD_KAFKA_RESP_ERR__TIMED_OUT, step: .initialize, expected: "retry"),
        Row(code: RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, flags: "retriable", step: .initialize, expected: "retry"),
        Row(code: RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, flags: "fatal", step: .initialize, expected: "fenced"),
        Row(code: RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, flags: "fatal", step: .initialize, expected: "fatal"),
        Row(code: RD_KAFKA_RESP_ERR__STATE, step: .begin, expected: "fatal"),
        Row(code: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, step: .produce, expected: "mustAbort"),
        Row(code: RD_KAFKA_RESP_ERR__FENCED, step: .produce, expected: "fenced"),
        Row(code: RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, flags: "fatal", step: .flush, expected: "fatal"),
        Row(code: RD_KAFKA_RESP_ERR__TIMED_OUT, step: .flush, expected: "mustAbort"),
        Row(code: RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, flags: "abort", step: .sendOffsets, expected: "notMember"),
        Row(code: RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, flags: "abort", step: .sendOffsets, expected: "notMember"),
        Row(code: RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, flags: "abort", step: .sendOffsets, expected: "notMember"),
        Row(code: RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, flags: "abort", step: .sendOffsets, expected: "notMember"),
        Row(code: RD_KAFKA_RESP_ERR_PRODUCER_FENCED, flags: "abort", step: .sendOffsets, expected: "fenced"),
        Row(code: RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, flags: "abort", step: .sendOffsets, expected: "mustAbort"),
        Row(code: RD_KAFKA_RESP_ERR__TIMED_OUT, flags: "retriable", step: .sendOffsets, expected: "retry"),
        Row(code: RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, flags: "fatal", step: .sendOffsets, expected: "fatal"),
        // Idle for longer than the broker remembers: an abort would leave the dead id in use.
        Row(code: RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, flags: "abort", step: .sendOffsets, expected: "fatal"),
        Row(code: RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, flags: "abort", step: .flush, expected: "fatal"),
        Row(code: RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, flags: "abort", step: .commit, expected: "unknown"),
        Row(code: RD_KAFKA_RESP_ERR_UNKNOWN, flags: "abort", step: .commit, expected: "unknown"),
        Row(code: RD_KAFKA_RESP_ERR__TIMED_OUT, flags: "retriable", step: .commit, expected: "retry"),
        Row(code: RD_KAFKA_RESP_ERR__TIMED_OUT, step: .commit, expected: "unknown"),
        // Another may have fenced this id after the commit had got through and its answer was lost.
        Row(code: RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, flags: "fatal", step: .commit, expected: "unknown"),
        Row(code: RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, flags: "fatal", step: .commit, expected: "unknown"),
        Row(code: RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, flags: "fatal", step: .abort, expected: "fatal"),
        Row(code: RD_KAFKA_RESP_ERR__TIMED_OUT, flags: "retriable", step: .abort, expected: "retry"),
    ]

    @Test(arguments: rows) func whatToDoNext(row: Row) {
        let error = RDKafkaError(
            code: row.code, isFatal: row.flags == "fatal", requiresAbort: row.flags == "abort", isRetriable: row.flags == "retriable")
        let label = error.classified(at: row.step).label
        #expect(label.hasPrefix(row.expected + " " + RDKafkaError.name(row.code)), "\(label)")
    }
}
