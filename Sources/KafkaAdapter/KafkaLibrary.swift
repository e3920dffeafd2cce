internal import CLibrdkafka

/// The client library that this process has loaded, which may be another than the one it was built with.
public enum KafkaLibrary {
    /// Such as `2.0.2`.
    public static var version: String { String(cString: rd_kafka_version_str()) }

    /// Whether nothing is known against the library. 2.16.0 was seen to lose records of a transaction that it reported as committed, when
    /// its only broker was stopped and started under load; nothing between 2.0 and it was tried.
    public static var isProven: Bool { rd_kafka_version() < 0x0201_0000 }
}
