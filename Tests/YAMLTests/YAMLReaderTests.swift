import YAML
import Testing

@Suite struct YAMLReaderTests {
    private static func read(_ text: String) throws -> YAMLNode? { try YAMLReader.read(Array(text.utf8)) }

    @Test func treeWithPlaces() throws {
        let root = try #require(
            try Self.read(
                """
                # comment
                a: 1
                b:
                  - 'x'
                  - "é": ~
                """))
        guard case .mapping(let entries) = root.content else {
            Issue.record("not a mapping")
            return
        }
        #expect(entries.map(\.key) == ["a", "b"])
        #expect(entries[0].value == YAMLNode(content: .scalar("1", isPlain: true), position: .init(line: 2, column: 4)))
        guard case .sequence(let items) = entries[1].value.content else {
            Issue.record("not a list")
            return
        }
        #expect(items[0] == YAMLNode(content: .scalar("x", isPlain: false), position: .init(line: 4, column: 5)))
        guard case .mapping(let inner) = items[1].content else {
            Issue.record("not a mapping")
            return
        }
        #expect(inner[0].position == .init(line: 5, column: 5))
        #expect(inner[0].value.isNull)
        #expect(inner[0].value.position == .init(line: 5, column: 10), "columns are characters, not bytes")
    }

    @Test func nothingIsNothing() throws {
        for text in ["", "# only a comment\n", "\u{FEFF}", "---\n...\n"] {
            let root = try Self.read(text)
            #expect(root == nil || root?.isNull == true)
        }
    }

    @Test(arguments: [
        ("a: [1, 2", 2), ("a: 1\n\tb: 2", 2), ("a: 'open", 1), ("a: 1\na: 2", 2), ("a: &x 1", 1), ("a: *x", 1), ("a: !!int 1", 1),
        ("<<: {a: 1}", 1), ("? [a, b]\n: 1", 1), ("a: 1\n---\nb: 2", 2), ("a: {b: c: d}", 1), ("- a\nb: c", 2), ("a: \"\\q\"", 1),
        ("%YAML 9.9\n---\na: 1", 1), (String(repeating: "[", count: 17), 1),
    ])
    func whatIsRefusedNamesItsLine(text: String, line: Int) {
        let error = #expect(throws: YAMLError.self) { try Self.read(text) }
        #expect(error?.position?.line == line, "\(error.map(String.init(describing:)) ?? "")")
        #expect(error?.reason.isEmpty == false)
    }

    @Test func bytesThatAreNotTextAreRefused() {
        for bytes: [UInt8] in [[0x61, 0x3A, 0x20, 0xFF], [0x61, 0x00], [0xC0, 0x80], [0xED, 0xA0, 0x80]] {
            #expect(throws: YAMLError.self) { try YAMLReader.read(bytes) }
        }
        #expect(throws: YAMLError.self) { try YAMLReader.read(Array(repeating: UInt8(ascii: "#"), count: YAMLReader.maxBytes + 1)) }
    }

    @Test func randomBytesNeverStopTheProcess() {
        var state: UInt64 = 42
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pieces = [
            "a", ":", " ", "\n", "-", "[", "]", "{", "}", ",", "'", "\"", "&x", "*x", "!", "|", ">", "#", "?", "~", "\t", "%", "é", "  ",
            "---\n",
        ]
        for _ in 0..<5_000 {
            var bytes = (0..<random(20)).flatMap { _ in Array(pieces[random(pieces.count)].utf8) }
            if random(5) == 0, !bytes.isEmpty { bytes[random(bytes.count)] = UInt8(random(256)) }
            _ = try? YAMLReader.read(bytes)
        }
    }
}
