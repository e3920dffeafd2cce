/// The named limits of the adapter. Times are in milliseconds.
enum RedisLimits {
    /// The first wait after a failed connection; doubles up to `backoffMaximumMilliseconds`.
    static let backoffMinimumMilliseconds: Int64 = 50
    /// The longest wait between two attempts to connect.
    static let backoffMaximumMilliseconds: Int64 = 5_000
    /// How often the watermarks are read where no batch does it, so that a flushed Redis is seen while nothing happens.
    static let reviewIntervalMilliseconds: Int64 = 1_000
    /// How often an idle connection is looked at for its end.
    static let idleReadIntervalMilliseconds: Int64 = 50
    /// The shortest time between two steps of a sweep, so that batches come between them.
    static let maintenanceIntervalMilliseconds: Int64 = 5
    /// The SKUs that one step of a sweep or a clean-up looks at.
    static let maintenanceSKUs = 128
    /// The SKUs with fields of vanished locations that are remembered; the rest is found when it changes again.
    static let remnantsRemembered = 4_096
    /// The bytes that one poll reads at most.
    static let readBytesPerPoll = 1 << 20
    /// The bytes that one `recv` takes at most.
    static let readChunkBytes = 1 << 16
    /// The bytes of batches that are written before the rest of them is encoded.
    static let writeAheadBytes = 1 << 16
    /// A batch's buffer larger than this is given back after it was sent.
    static let idleBufferBytes = 4 << 20
    /// The problems that `health` keeps.
    static let problems = 8
}
