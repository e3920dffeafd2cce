internal import CLibrdkafka

/// Messages that were taken from the library before anybody asked for them, in order: whoever works on them can see what comes.
struct RDKafkaReadAhead: ~Copyable {
    private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>>
    private var position = 0
    private var count = 0

    init() { messages = .allocate(capacity: KafkaLimits.readAheadRecords) }

    deinit {
        for index in position..<count { rd_kafka_message_destroy(messages[index]) }
        messages.deallocate()
    }

    /// The next message; where none is left, as many as `poll` gives without waiting are taken, the first with the wait.
    mutating func next(
        waitMilliseconds: Int32, _ poll: (Int32) -> UnsafeMutablePointer<rd_kafka_message_t>?
    ) -> UnsafeMutablePointer<rd_kafka_message_t>? {
        if position == count {
            (position, count) = (0, 0)
            while count < KafkaLimits.readAheadRecords, let message = poll(count == 0 ? waitMilliseconds : 0) {
                messages[count] = message
                count += 1
            }
            guard count > 0 else { return nil }
        }
        position += 1
        return messages[position - 1]
    }

    /// Lends the partition and the key of each record that `next` answers without asking for more; answers how many messages these are.
    func lookAhead(_ body: (Int32, UnsafeRawBufferPointer) -> Void) -> Int {
        for index in position..<count {
            let message = messages[index].pointee
            guard message.err == RD_KAFKA_RESP_ERR_NO_ERROR, let key = message.key else { continue }
            body(message.partition, UnsafeRawBufferPointer(start: key, count: message.key_len))
        }
        return count - position
    }

    /// Gives back what is there of a partition: it is moved, and nothing of before may come after that.
    mutating func drop(_ partition: Int32) { drop { $0.pointee.partition == partition } }

    /// Gives everything back.
    mutating func dropAll() { drop { _ in true } }

    private mutating func drop(_ isDropped: (UnsafeMutablePointer<rd_kafka_message_t>) -> Bool) {
        var kept = position
        for index in position..<count {
            if isDropped(messages[index]) {
                rd_kafka_message_destroy(messages[index])
            } else {
                messages[kept] = messages[index]
                kept += 1
            }
        }
        count = kept
    }
}
