import StockCore
import StockWire
import Testing

@testable import StockSim

@Suite struct WorkloadTests {
    private func options(_ mix: WorkloadMix, seed: UInt64 = 1) -> WorkloadOptions {
        var options = WorkloadOptions()
        options.seed = seed
        options.mix = mix
        options.skus = 300
        options.partitions = 8
        return options
    }

    private func records(_ options: WorkloadOptions, _ count: Int) -> [(WorkloadRecordKind, Int32, KeptRecord)] {
        var workload = Workload(options: options)
        var records: [(WorkloadRecordKind, Int32, KeptRecord)] = []
        for index in 0..<count {
            let record = workload.next(atMilliseconds: 1_772_442_000_000 + Int64(index))
            records.append((record.kind, record.partition, KeptRecord(record)))
        }
        return records
    }

    @Test(arguments: WorkloadMix.allCases) func sameSeedSameBytes(mix: WorkloadMix) {
        let first = records(options(mix), 4_000)
        let second = records(options(mix), 4_000)
        let other = records(options(mix, seed: 2), 4_000)
        #expect(first.elementsEqual(second) { $0 == $1 })
        #expect(!first.elementsEqual(other) { $0 == $1 })
    }

    /// The bytes of a seed are the same on every machine and stay the same: results of benchmarks name the seed.
    @Test func theBytesOfSeedOne() {
        var hash = PlainHash()
        for (_, partition, record) in records(options(.marketplace), 5_000) {
            hash.add(UInt8(truncatingIfNeeded: partition))
            for bytes in [record.key, record.value] + record.headers.map(\.value) {
                (bytes ?? []).withUnsafeBytes { hash.add($0) }
            }
        }
        #expect(hash.value == 13_431_741_305_096_938_895)
    }

    /// What the engine's decoder has against the record.
    private func error(of record: KeptRecord, _ decoder: inout EventDecoder, _ event: inout StockEvent) -> WireError? {
        record.withView(0, 0, 0) { view in
            do throws(WireError) {
                try decoder.decode(view, into: &event)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test(arguments: WorkloadMix.allCases) func everyEventIsReadable(mix: WorkloadMix) {
        var decoder = EventDecoder()
        var types: Set<EventType> = []
        var wrong: [String] = []
        for (kind, _, record) in records(options(mix), 8_000) {
            var event = StockEvent()
            let error = error(of: record, &decoder, &event)
            if (kind == .malformed) != (error != nil) { wrong.append(String(decoding: record.value ?? [], as: UTF8.self)) }
            if error == nil { types.insert(event.type) }
        }
        #expect(wrong.isEmpty)
        // Lots, counts and transfers are in that of the whole domain.
        if mix == .marketplace { #expect(types == Set(EventType.allCases.filter { $0.rawValue <= EventType.return.rawValue })) }
        if mix == .domain { #expect(types == Set(EventType.allCases)) }
    }

    @Test func everyMalformationIsRefusedByDecoderAndAuditor() {
        var workload = Workload(options: options(.marketplace))
        var decoder = EventDecoder()
        for malformation in Malformation.allCases {
            for _ in 0..<5 {
                let record = KeptRecord(workload.makeMalformed(malformation))
                var event = StockEvent()
                let error = error(of: record, &decoder, &event)
                #expect(error != nil, "\(malformation)")
                record.withView(0, 0, 0) { #expect(AuditedRecord($0).event == nil, "\(malformation)") }
            }
        }
    }

    @Test func sharesAreKept() {
        var options = options(.marketplace)
        options.hasPrefill = false
        options.duplicates = 0.05
        options.conflicts = 0.01
        options.malformed = 0.02
        options.misrouted = 0.03
        options.cloudEvents = 0.4
        var counts: [WorkloadRecordKind: Int] = [:]
        var cloud = 0
        var odd = 0
        for (kind, partition, record) in records(options, 40_000) {
            counts[kind, default: 0] += 1
            if kind == .event, !record.headers.isEmpty { cloud += 1 }
            if kind != .misrouted, partition != -1 { odd += 1 }
        }
        #expect(odd == 0)
        func share(_ kind: WorkloadRecordKind) -> Double { Double(counts[kind] ?? 0) / 40_000 }
        #expect(abs(share(.duplicate) - 0.05) < 0.004)
        #expect(abs(share(.conflict) - 0.01) < 0.002)
        #expect(abs(share(.malformed) - 0.02) < 0.003)
        #expect(abs(share(.misrouted) - 0.03) < 0.003)
        #expect(abs(Double(cloud) / Double(counts[.event] ?? 1) - 0.4) < 0.01)
    }

    @Test func misroutedRecordsAreOutOfPlace() {
        var options = options(.tills)
        options.misrouted = 1
        options.malformed = 0
        options.duplicates = 0
        options.conflicts = 0
        options.hasPrefill = false
        for (kind, partition, record) in records(options, 500) {
            #expect(kind == .misrouted)
            let chosen = partition >= 0 ? partition : Murmur2.partition((record.key ?? []).withUnsafeBytes { $0 }, of: 8)
            record.withView(chosen, 0, 0) { #expect(!AuditedRecord($0).isInPlace(chosen, of: 8)) }
        }
    }

    @Test func aDuplicateHasTheBodyOfItsEvent() {
        var options = options(.marketplace)
        options.duplicates = 0.1
        options.conflicts = 0.05
        var bodies: [Hash128: UInt64] = [:]
        var decoder = EventDecoder()
        var repeats = 0
        var wrong = 0
        for (kind, _, record) in records(options, 8_000) where kind != .malformed {
            var event = StockEvent()
            var isRight = error(of: record, &decoder, &event) == nil
            switch kind {
            case .duplicate:
                repeats += 1
                isRight = isRight && bodies[event.idHash] == event.bodyHash
            case .conflict: isRight = isRight && bodies[event.idHash] != nil && bodies[event.idHash] != event.bodyHash
            default: isRight = isRight && bodies.updateValue(event.bodyHash, forKey: event.idHash) == nil
            }
            if !isRight { wrong += 1 }
        }
        #expect(wrong == 0)
        #expect(repeats > 500)
    }

    @Test func prefillDefinesEverySKUAndItsStock() {
        var workload = Workload(options: options(.marketplace))
        var defined: Set<[UInt8]> = []
        var count: UInt64 = 0
        while workload.isPrefilling {
            let record = workload.next(atMilliseconds: 0)
            count += 1
            if String(decoding: record.value!, as: UTF8.self).contains("\"define\"") { defined.insert(Array(record.key!)) }
        }
        #expect(count == workload.prefillCount)
        #expect(defined.count == 300)
    }

    /// The opening of the whole domain has several definitions of some SKUs; a catalogue may end anywhere among the kinds.
    @Test(arguments: [1, 3, 8, 13, 300]) func prefillOfTheDomainIsCounted(skus: Int) {
        var options = options(.domain)
        options.skus = skus
        var workload = Workload(options: options)
        var openings: Set<[UInt8]> = []
        while workload.isPrefilling { openings.insert(Array(workload.next(atMilliseconds: 1_772_442_000_000).key!)) }
        let next = workload.next(atMilliseconds: 1_772_442_000_000)
        #expect(openings.count == skus)
        #expect(next.kind != .event || !String(decoding: next.value!, as: UTF8.self).contains("lotTracked"))
    }

    @Test func aFlashSaleIsAboutOneSKU() {
        var options = options(.flashSale)
        options.hasPrefill = false
        let hot = SampleCatalogue(seed: 1, count: 300).sku(0).withBytes { Array($0) }
        let share = records(options, 5_000).count { $0.2.key == hot }
        #expect(share > 3_750)
    }
}
