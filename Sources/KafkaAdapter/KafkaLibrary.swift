internal import CLibrdkafka

/// The client library that this process has loaded, which may be another than the one it was built with.
public enum KafkaLibrary {
    /// Such as `2.0.2`.
    public static var version: String { String(cString: rd_kafka_version_str()) }
}
