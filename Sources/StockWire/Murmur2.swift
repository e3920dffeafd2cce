/// The partitioner of Kafka's Java client, which librdkafka calls `murmur2`.
public enum Murmur2 {
    /// The 32-bit hash of the bytes (MurmurHash2 with Kafka's seed).
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let multiplier: UInt32 = 0x5BD1_E995
        var hash: UInt32 = 0x9747_B28C ^ UInt32(truncatingIfNeeded: bytes.count)
        var index = 0
        while index &+ 4 <= bytes.count {
            var word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)) &* multiplier
            word ^= word >> 24
            hash = hash &* multiplier ^ word &* multiplier
            index &+= 4
        }
        let left = bytes.count &- index
        if left >= 3 { hash ^= UInt32(bytes[index &+ 2]) << 16 }
        if left >= 2 { hash ^= UInt32(bytes[index &+ 1]) << 8 }
        if left >= 1 { hash = (hash ^ UInt32(bytes[index])) &* multiplier }
        hash = (hash ^ hash >> 13) &* multiplier
        return hash ^ hash >> 15
    }

    /// The partition of a key among `count` partitions (at least 1).
    public static func partition(_ key: UnsafeRawBufferPointer, of count: Int32) -> Int32 {
        precondition(count > 0)
        return Int32(bitPattern: hash(key) & 0x7FFF_FFFF) % count
    }
}
