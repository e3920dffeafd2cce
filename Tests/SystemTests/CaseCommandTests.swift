import Foundation
import Testing

/// `stockstream case`: no broker is asked.
@Suite struct CaseCommandTests {
    private func run(_ arguments: [String]) throws -> ChildProcess.Finished {
        try ChildProcess.run(Project.program, ["case"] + arguments, environment: Installation.cleanEnvironment)
    }

    private static let text = """
        case: two sales of the last unit
        given:
          stock: [{sku: A, location: L, quantity: 1}]
        events:
          - sale: {sku: A, location: L, orderLine: 1, quantity: 1}
          - sale: {sku: A, location: L, orderLine: 2, quantity: 1}
            expect: insufficient-stock
        """

    @Test func exitCodesAndWords() throws {
        let folder = TemporaryFolder()
        try CaseCommandTests.text.write(toFile: "\(folder.path)/good.yaml", atomically: true, encoding: .utf8)
        let good = try run(["--print", "\(folder.path)/good.yaml"])
        #expect(good.status == 0 && good.output.contains("ok  ") && good.output.contains("two sales of the last unit"), "\(good)")
        #expect(good.output.contains("SKU  location  on hand"), "\(good)")

        let wrong = CaseCommandTests.text.replacingOccurrences(of: "expect: insufficient-stock", with: "expect: accepted")
        try wrong.write(toFile: "\(folder.path)/wrong.yaml", atomically: true, encoding: .utf8)
        let both = try run(["--duplicate-each", "--restart-each", folder.path])
        #expect(both.status == 1 && both.output.contains("2 cases: 1 as expected, 1 different"), "\(both)")
        #expect(both.output.contains("wrong.yaml:7: the sale should be accepted, but is insufficient-stock"), "\(both)")

        try "events:\n  - sell: {}\n".write(toFile: "\(folder.path)/unreadable.yaml", atomically: true, encoding: .utf8)
        let unreadable = try run(["\(folder.path)/unreadable.yaml"])
        #expect(unreadable.status == 65 && unreadable.errors.contains("unreadable.yaml:2: a step has no key sell"), "\(unreadable)")
        #expect(try run(["\(folder.path)/missing.yaml"]).status == 66)
        #expect(try run([]).status == 64)
    }
}
