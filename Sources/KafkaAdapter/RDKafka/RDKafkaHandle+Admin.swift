internal import CLibrdkafka
internal import StockStream

extension RDKafkaHandle {
    /// Sends an administrative request and waits for its answer. The caller destroys the event.
    func admin(
        _ kind: rd_kafka_admin_op_t, waitMilliseconds: Int32,
        _ send: (_ client: OpaquePointer, _ options: OpaquePointer, _ queue: OpaquePointer) -> Void
    ) throws(PortError) -> OpaquePointer {
        let answer = withPointer { client -> OpaquePointer? in
            let queue = rd_kafka_queue_new(client)!
            let options = rd_kafka_AdminOptions_new(client, kind)!
            defer {
                rd_kafka_AdminOptions_destroy(options)
                rd_kafka_queue_destroy(queue)
            }
            let (code, text) = withErrorText {
                rd_kafka_AdminOptions_set_request_timeout(options, waitMilliseconds, $0, $1)
            }
            precondition(code == RD_KAFKA_RESP_ERR_NO_ERROR, text)
            send(client, options, queue)
            return rd_kafka_queue_poll(queue, waitMilliseconds + 1000)
        }
        guard let answer else { throw PortError(code: "_TIMED_OUT", reason: "no answer to an administrative request", isFatal: false) }
        let code = rd_kafka_event_error(answer)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let reason = String(cString: rd_kafka_event_error_string(answer))
            rd_kafka_event_destroy(answer)
            throw PortError(code: RDKafkaError.name(code), reason: reason, isFatal: false)
        }
        return answer
    }
}
