import StockWire
import Testing

@Suite("Partitioner")
struct Murmur2Tests {
    /// From Apache Kafka's UtilsTest.
    @Test(arguments: [
        ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829), ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107),
    ])
    func hashesAsTheJavaClient(_ text: String, _ expected: Int32) {
        #expect(Int32(bitPattern: Murmur2.hash(bytes(text))) == expected)
    }

    @Test func partitionIsNeverNegative() {
        #expect(Murmur2.partition(bytes("foobar"), of: 8) == (-790_332_482 & 0x7FFF_FFFF) % 8)
        #expect(Murmur2.partition(bytes("21"), of: 1) == 0)
    }
}

@Suite("SHA-256")
struct SHA256Tests {
    /// FIPS 180-4 examples, and lengths around the padding's edges (computed with sha256sum).
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (String(repeating: "a", count: 55), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
        (String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func digests(_ text: String, _ expected: String) {
        #expect(encoded { SHA256.append(hexDigestOf: bytes(text), to: &$0) } == expected)
    }
}
