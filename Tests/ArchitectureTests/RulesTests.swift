import Testing

/// Each rule finds what it is for, and nothing beside it.
@Suite struct RulesTests {
    @Test func importsAreReadInEveryForm() {
        let source = SwiftSource(
            """
            public import StockCore
            @testable import StockWire
            @preconcurrency internal import struct Foundation.Data
            // import Dispatch
            let text = "import Glibc"
            /* import A /* import B */
            import C */ import CYAML
            """)
        #expect(source.imports.map(\.module) == ["StockCore", "StockWire", "Foundation", "CYAML"])
        #expect(source.imports.map(\.line) == [1, 2, 3, 7])
    }

    @Test(arguments: [
        ("StockCore", "Glibc"), ("StockWire", "StockStream"), ("StockStream", "KafkaAdapter"), ("KafkaAdapter", "Foundation"),
        ("RedisAdapter", "CLibrdkafka"), ("stockstream", "CHiredis"), ("Unheard", "StockCore"),
    ])
    func importsUpwardsAreFound(_ target: String, _ module: String) {
        #expect(Rules.imports("a.swift", SwiftSource("import \(module)\n"), target: target).count == 1)
    }

    @Test(arguments: [("StockWire", "StockCore"), ("KafkaAdapter", "CLibrdkafka"), ("stockstream", "Foundation")])
    func importsDownwardsPass(_ target: String, _ module: String) {
        #expect(Rules.imports("a.swift", SwiftSource("import \(module)\n"), target: target).isEmpty)
    }

    @Test func blankedCodeKeepsItsShape() {
        let text = ##"let a = "\(b("}"))" + #"\("{"#; let c = """\##n { \##n"""; d() // {"##
        let code = String(decoding: SwiftSource(text).code, as: UTF8.self)
        #expect(code.utf8.count == text.utf8.count)
        #expect(!code.contains("{") && !code.contains("}"))
        #expect(code.contains("let a =") && code.contains("; let c =") && code.contains("; d()"))
    }

    @Test func functionsAreMeasured() {
        let body = String(repeating: "        call()\n", count: 68)
        let source = SwiftSource(
            """
            protocol P {
                func requirement() -> Int
                init(a: Int)
            }
            struct S: P {
                init(a: Int = { 1 }()) { self.init() }
                func fits() {
            \(body)    }
                func tooLong(
                    _ a: Int
                ) -> Int where T == Int {
            \(body)    }
                deinit { }
            }
            """)
        #expect(source.functions.map(\.name) == ["init", "fits", "tooLong", "deinit"])
        #expect(source.functions.map(\.length) == [1, 70, 72, 1])
        let found = Rules.sizes("a.swift", source)
        #expect(found.count == 1 && found[0].message.hasPrefix("tooLong has 72 lines"))
    }

    @Test func longFilesAreFound() {
        let line = "let a = 1\n"
        #expect(Rules.sizes("a.swift", SwiftSource(String(repeating: line, count: Limits.linesPerFile))).isEmpty)
        #expect(Rules.sizes("a.swift", SwiftSource(String(repeating: line, count: Limits.linesPerFile + 1))).count == 1)
    }

    @Test func layoutIsChecked() {
        #expect(Rules.layout("a", String(repeating: "é", count: Limits.columns) + "\n").isEmpty)
        #expect(Rules.layout("a", String(repeating: "x", count: Limits.columns + 1)).map(\.line) == [1])
        #expect(Rules.layout("a", "ok\n\tx\nx\r").map(\.line) == [2, 3])
    }

    @Test(arguments: ["TO" + "DO", "FIX" + "ME", "X" + "XX"])
    func unfinishedWorkIsFound(_ mark: String) {
        #expect(Rules.unfinished("a", "ok\n// \(mark): later").map(\.line) == [2])
        #expect(Rules.unfinished("a", "let A\(mark)B = 1").isEmpty)
    }

    @Test(arguments: ["work", "home", "root"])
    func placesOfAMachineAreFound(_ folder: String) {
        #expect(Rules.machinePaths("a", "x\nopen(\"/\(folder)/a/b\")").map(\.line) == [2])
        #expect(Rules.machinePaths("a", "a/\(folder)/b ../\(folder)/c $X/\(folder)/d").isEmpty)
    }
}
