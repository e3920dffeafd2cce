import StockCase
import Testing

@Suite struct CaseTests {
    private static func run(_ text: String, _ change: (inout CaseRun.Options) -> Void = { _ in }) throws -> [String] {
        var options = CaseRun.Options()
        change(&options)
        return CaseRun(try CaseReader.read(Array(text.utf8), name: "test"), options: options).run().map(\.description)
    }

    private static func problem(_ text: String) -> String {
        do throws(CaseError) {
            _ = try CaseReader.read(Array(text.utf8), name: "test")
            return "none"
        } catch {
            return error.description
        }
    }

    private static let cart = """
        case: a cart holds what it may pay for
        given:
          time: 2026-03-01T09:00:00Z
          policies:
            - {sku: LIP-1, safetyStock: 1, reorderPoint: 3}
          stock:
            - {sku: LIP-1, location: BER1, quantity: 10}
        events:
          - hold: {sku: LIP-1, location: BER1, hold: cart-1, quantity: 6, ttlSeconds: 900}
            expect:
              alerts: [low LIP-1 BER1]
              holds: [{sku: LIP-1, hold: cart-1, status: open, remaining: 6, at: BER1, expires: 2026-03-01T09:15:00.000Z}]
          - hold: {sku: LIP-1, location: BER1, hold: cart-2, quantity: 4, ttlSeconds: 900}
            expect: {outcome: insufficient-stock, numbers: {available: 3}}
          - at: +15m
            expect:
              alerts: [recovered LIP-1 BER1]
              stock: [{sku: LIP-1, location: BER1, held: 0, available: 9, low: false}]
          - commit: {sku: LIP-1, hold: cart-1, orderLine: SO-1}
            expect: hold-expired
          - at: 2026-03-01T10:00:00Z
            sale: {sku: LIP-1, location: BER1, orderLine: SO-2, quantity: 2}
        expect:
          alerts: [low LIP-1 BER1, recovered LIP-1 BER1]
          stock:
            - {sku: LIP-1, onHand: 8, available: 7, out: false}
            - {sku: LIP-1, location: BER1, onHand: 8, committed: 0, safetyStock: 1}
            - {sku: never-seen, onHand: 0}
          holds: [{sku: LIP-1, hold: cart-1, status: expired}]
          orderLines: [{sku: LIP-1, orderLine: SO-2, status: closed, ordered: 2, shipped: 2, canceled: 0}]
        """

    @Test func aCaseHolds() throws {
        #expect(try CaseTests.run(CaseTests.cart) == [])
        #expect(try CaseTests.run(CaseTests.cart) { $0.duplicatesEach = true } == [])
        #expect(try CaseTests.run(CaseTests.cart) { $0.restartsEach = true } == [])
    }

    @Test func everyDifferenceNamesItsLineAndWhatWasFound() throws {
        let text = """
            given:
              stock:
                - {sku: A, location: W1, quantity: 5}
            events:
              - hold: {sku: A, location: W1, hold: h, quantity: 6, ttlSeconds: 60}
              - hold: {sku: A, location: W1, hold: h, quantity: 5, ttlSeconds: 60}
                expect: insufficient-stock
              - adjust: {sku: A, location: W1, quantity: two, reason: r}
                expect: {outcome: accepted, alerts: []}
            expect:
              alerts: []
              stock: [{sku: A, onHand: 4, available: 1}]
              holds: [{sku: A, hold: h, remaining: 4}, {sku: A, hold: x, remaining: 1}]
            """
        let found = try CaseTests.run(text)
        #expect(
            found == [
                "line 5: the hold should be accepted, but is insufficient-stock: Not enough is available to promise.",
                "line 7: the hold should be insufficient-stock, but is accepted: It was accepted.",
                found.count > 2 ? found[2] : "",
                "line 12: A: onHand should be 4, but is 5",
                "line 12: A: available should be 1, but is 0",
                "line 13: A hold h: remaining should be 4, but is 5",
                "line 13: A hold x: remaining should be 1, but is not there (status none)",
                "line 8: alerts should be none, but are out A W1, out A",
            ])
        #expect(found[2].hasPrefix("line 9: the adjust should be accepted, but is wrong-type: ") && found[2].contains("quantity"))
    }

    @Test func whatCantBeReadNamesItsLine() {
        let start = "given:\n  stock:\n    - {sku: A, location: W1, quantity: 5}\nevents:\n"
        #expect(CaseTests.problem("") == "the file holds nothing")
        #expect(CaseTests.problem("case: x\n").hasPrefix("1: a case without events"))
        #expect(CaseTests.problem(start + "  - holt: {sku: A}\n") == "5: a step has no key holt: did you mean hold?")
        #expect(
            CaseTests.problem(start + "  - hold:\n      sku: A\n      quantty: 1\n") == "7: hold has no key quantty: did you mean quantity?"
        )
        #expect(CaseTests.problem(start + "  - hold: {hold: h}\n") == "5: hold: the sku is missing")
        #expect(CaseTests.problem(start + "  - at: +5x\n").hasPrefix("5: +5x: a number and ms, s, m, h or d"))
        #expect(CaseTests.problem(start + "  - at: 2020-01-01T00:00:00Z\n") == "5: at: time does not go back")
        #expect(CaseTests.problem(start + "  - at: tomorrow\n").hasPrefix("5: tomorrow: a time such as"))
        #expect(CaseTests.problem(start + "  - {hold: {sku: A}, ship: {sku: A}}\n") == "5: one step, two events: hold and ship")
        #expect(CaseTests.problem(start + "  - at: +1s\n    expect: acepted\n").hasPrefix("6: acepted is no outcome"))
        #expect(CaseTests.problem(start + "  - at: +1s\n    expect: {alerts: [empty A]}\n").hasPrefix("6: empty A: an alert is one of"))
        #expect(
            CaseTests.problem(start + "  - at: +1s\nexpect:\n  stock: [{sku: A, onhand: 1}]\n")
                == "7: expect: stock has no key onhand: did you mean onHand?")
        #expect(CaseTests.problem(start + "  - at: +1s\nexpect:\n  stock: [{sku: A}]\n").hasPrefix("7: expect: stock: nothing is expected"))
        #expect(
            CaseTests.problem(start + "  - at: +1s\nexpect:\n  holds: [{sku: A, status: open}]\n").hasPrefix(
                "7: expect: holds: the hold is"))
        #expect(CaseTests.problem("events: [\n").hasPrefix("2: "))
    }
}
