import Foundation
import RedisAdapter
import StockCore
import StockSim
import StockWire
import Testing

// Records that no client should send.
extension RealSystemTests.SizeTests {
    /// A debug build takes two minutes for the digest of 300 MB.
    private static let large = Project.releaseProgram == nil ? 4_000_000 : 300_000_000

    /// Rules: a record above the limit is looked at by its size, not decoded, and its dead letter has reason, size, digest and its
    /// beginning; a batch is read up to 1 GiB, whatever it was compressed to; and of very many headers a letter keeps some only. Without
    /// the first its letter is itself too large, its transaction is aborted for ever, and nothing comes behind it; at the library's limit
    /// of 100 MB the same was seen of the second, for zstd, which ten kilobytes are enough for; without the third the letter had more
    /// headers than librdkafka reads (100,000), and so for every reader none, not even its reason.
    @Test(arguments: ["gzip", "zstd"]) func aRecordOf300MB(codec: String) throws {
        let installation = try Installation(
            partitions: 1, program: Project.releaseProgram ?? Project.program, more: ["STOCKSTREAM_ENGINE_WORKERS": "1"])
        let engine = try installation.startEngine(awaited: 1)
        let before = try peakMegabytes(engine)
        let good = { (id: String) in
            Line(key: "BRK-1", value: #"{"id":"\#(id)","type":"receive","sku":"BRK-1","location":"BER1","quantity":1,"receipt":"\#(id)"}"#)
        }
        let headers = Line(key: "BRK-1", value: "no JSON", emptyHeaders: 100_000)
        let lines = [good("a"), Line(key: "BRK-1", value: "{}", pad: Self.large), good("b"), headers, good("c")]
        try send(installation, lines, "message.max.bytes=1000000000", "compression.type=\(codec)", "queue.buffering.max.kbytes=2000000")
        let began = Date()
        _ = try within(seconds: 120, "what comes behind") { try installation.view.sku("BRK-1")["onHand"] == "3" ? true : nil }
        let after = try peakMegabytes(engine)
        let megabytes = "\(Self.large / 1_000_000) MB (\(codec)\(Project.releaseProgram == nil ? ", debug build" : ""))"
        print("a record of \(megabytes): \(milliseconds(Date().timeIntervalSince(began))), memory \(before) MB before, \(after) MB at most")
        // The client's own buffers: compressed, decompressed, and a copy while it grows.
        #expect(after - before < 3 * Self.large >> 20 + 64)
        try engine.drain()

        let letters = try installation.records(.deadLetters).sorted { $0.offset < $1.offset }
        try #require(letters.count == 2)
        #expect(letters[0].headers["dlq-code"] == "too-large" && letters[0].headers["dlq-size"] == "\(Self.large + 2 + 5)")
        #expect(letters[0].headers["dlq-reason"]?.contains("the limit is 1048576") == true)
        #expect(letters[0].headers["dlq-value-sha256"] == (try digestOfLarge()))
        #expect(letters[0].value == [UInt8](repeating: UInt8(ascii: " "), count: 65_536))
        #expect(letters[1].headers["dlq-code"] == "bad-header" && letters[1].value == Array("no JSON".utf8))
        #expect(letters[1].headers["dlq-size"] == "100012" && letters[1].headers["dlq-headers-dropped"] == "90000")
        let report = try installation.audit(hasLevels: true)
        #expect(report.holds && report.accepted == 3 && report.deadLettered == 2, "\(report.text)")
    }

    /// Rule: a batch that the client can't read stops its task, which names the offset; the others go on, and `state skip` goes on behind
    /// it. As an error like any other it stood still without a word in `/readyz`.
    @Test func aBatchThatCanNotBeRead() throws {
        let installation = try Installation(
            partitions: 2, sessionMilliseconds: 1_500,
            more: ["STOCKSTREAM_ENGINE_WORKERS": "1", "STOCKSTREAM_KAFKA_PROPERTIES_RECEIVE_MESSAGE_MAX_BYTES": "60000000"])
        let skus = try installation.oneSKUPerPartition()
        let engine = try installation.startEngine(awaited: 2)
        let good = { (sku: String, id: String) in
            Line(key: sku, value: #"{"id":"\#(id)","type":"receive","sku":"\#(sku)","location":"BER1","quantity":1,"receipt":"\#(id)"}"#)
        }
        let bomb = Line(key: skus[0], value: "{}", pad: 70_000_000)
        // Each in a batch of its own.
        for lines in [[good(skus[0], "a")], [bomb], [good(skus[0], "b"), good(skus[1], "c")]] {
            try send(installation, lines, "message.max.bytes=1000000000", "compression.type=zstd", "queue.buffering.max.kbytes=200000")
        }
        _ = try within(seconds: 60, "the stop") { engine.sum("stock_partition_stopped{", #"partition="0""#) == 1 ? true : nil }
        let ready = try #require(Web.get(engine.port, "/readyz"))
        #expect(ready.status == 503 && ready.body.contains("the input from offset 1 on can't be read"), "\(ready)")
        #expect(engine.process.errors.contains("input-unreadable"))
        _ = try within(seconds: 60, "the other one") { try installation.view.sku(skus[1])["onHand"] == "1" ? true : nil }
        try engine.drain()
        try installation.waitUntilGroupIsEmpty()
        let skipped = try installation.run(["state", "skip", "--partition", "0", "--to", "2", "--reason", "a bomb"])
        #expect(skipped.status == 0, "\(skipped)")
        let next = try installation.startEngine(awaited: 2)
        _ = try within(seconds: 60, "what is behind") { try installation.view.sku(skus[0])["onHand"] == "2" ? true : nil }
        try next.drain()
        #expect(try installation.run(["state", "verify"]).status == 0)
    }

    /// The most memory that the process has had, in megabytes.
    private func peakMegabytes(_ engine: Engine) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(engine.process.id)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return (Int(line.split(separator: " ").dropFirst().first ?? line.split(separator: "\t")[1]) ?? 0) / 1_024
    }

    /// By coreutils, which nobody here wrote.
    private func digestOfLarge() throws -> String {
        let line = "{ head -c \(Self.large) /dev/zero | tr '\\0' ' '; printf '{}'; } | sha256sum"
        return String(try ChildProcess.run("/bin/bash", ["-c", line]).output.prefix(64))
    }
}
