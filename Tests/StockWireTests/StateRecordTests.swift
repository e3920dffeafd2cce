import StockCore
import StockWire
import Testing

@Suite("State records")
struct StateRecordTests {
    /// Key and value of a record, as bytes.
    struct Written {
        var key: [UInt8]
        var value: [UInt8]
        var hash: UInt64 = 0

        init(_ body: (inout ByteBuffer, inout ByteBuffer) -> UInt64) {
            var key = ByteBuffer()
            var value = ByteBuffer()
            key.append("left over from the record before")
            value.append("left over from the record before")
            hash = body(&key, &value)
            self.key = Array(key.bytes)
            self.value = Array(value.bytes)
        }

        func decode() throws(WireError) -> StateRecord {
            var result: Result<StateRecord, WireError>?
            key.withUnsafeBytes { key in
                value.withUnsafeBytes { value in
                    do throws(WireError) {
                        let record = try StateDecoder.decode(key: key, value: value)
                        if case .ids(let block) = record { try block.forEach { _, _ in } }
                        result = .success(record)
                    } catch {
                        result = .failure(error)
                    }
                }
            }
            return try result!.get()
        }

        var hex: String { (key + [0xFF] + value).map { hexByte($0) }.joined() }
    }

    private static let sku = key("BTY-001")
    private static let site = key("WH1")

    static var header: Written {
        var record = SKURecord()
        record.key = sku
        record.version = 300
        record.lastSeq = 70_000
        record.lastTimeMilliseconds = 1_767_225_600_000
        record.policy.scale = 1000
        record.policy.reorderPoint = -1
        record.policy.returnDisposition = 3
        record.supplier = -5
        record.customer = 7
        record.lossGain = -1
        record.isOut = false
        record.hasHadStock = true
        record.writtenRecords = 4
        record.writtenHashSum = 0x0123_4567_89AB_CDEF
        return Written { StateEncoder.encode(header: record, key: &$0, value: &$1) }
    }

    static var level: Written {
        var record = LevelRecord()
        record.location = site
        record.balances.sellable = -3
        record.balances.qc = 64
        record.balances.held = 2
        record.balances.shortfall = Int64.max
        record.balances.available = Int64.min
        record.safetyStock = 0
        record.isLow = true
        record.isOversold = true
        return Written { StateEncoder.encode(level: record, velocity: nil, sku: sku, key: &$0, value: &$1) }
    }

    static var hold: Written {
        var record = HoldRecord()
        record.id = key("h-1")
        record.quantity = 5
        record.remaining = 3
        record.placedAtMilliseconds = 1_767_225_600_000
        record.expiresAtMilliseconds = 1_767_225_660_000
        return Written { StateEncoder.encode(hold: record, waiter: nil, sku: sku, location: site, key: &$0, value: &$1) }
    }

    static var commitment: Written {
        var record = CommitmentRecord()
        record.orderLine = key("o-1")
        record.ordered = 10
        record.open = 5
        record.shipped = 3
        record.canceled = 2
        record.returned = 1
        record.source = UInt64.max
        record.committedAtMilliseconds = 1
        return Written { StateEncoder.encode(commitment: record, waiter: nil, sku: sku, location: site, key: &$0, value: &$1) }
    }

    static var waiting: Written {
        var record = CommitmentRecord()
        record.orderLine = key("o-2")
        (record.ordered, record.open, record.minExpiryMilliseconds) = (10, 4, 0)
        var waiter = WaiterRecord()
        (waiter.quantity, waiter.placedSeq, waiter.placedAtMilliseconds, waiter.shipByMilliseconds) = (6, 77, 1_000, 2_000)
        (waiter.priority, waiter.release, waiter.isWhole) = (9, 2, true)
        return Written { StateEncoder.encode(commitment: record, waiter: waiter, sku: sku, location: site, key: &$0, value: &$1) }
    }

    static var closed: Written {
        var record = ClosedRecord()
        record.id = Hash128(high: 1, low: 2)
        record.kind = .orderLine
        record.outcome = .sold
        record.quantity = 10
        record.shipped = 10
        record.returned = 4
        record.content = 3
        record.closedAtMilliseconds = 1_767_225_600_000
        return Written { StateEncoder.encode(closed: record, sku: sku, key: &$0, value: &$1) }
    }

    static var document: Written {
        var record = DocumentRecord()
        record.id = key("po-1")
        record.total = 100
        record.arrived = 40
        return Written { StateEncoder.encode(document: record, sku: sku, location: site, to: Key(), key: &$0, value: &$1) }
    }

    static var transfer: Written {
        var record = DocumentRecord()
        record.kind = .transfer
        record.id = key("t-1")
        (record.total, record.arrived, record.rejected, record.disposition) = (10, 7, 2, .qc)
        return Written { StateEncoder.encode(document: record, sku: sku, location: site, to: key("WH2"), key: &$0, value: &$1) }
    }

    static var count: Written {
        var record = CountRecord()
        record.id = key("c-1")
        record.counted = 5
        (record.found[.sellable], record.base[.sellable], record.countedAt[.sellable]) = (80, 85, 1_767_225_600_000)
        (record.found[.quarantine], record.base[.quarantine], record.lines[.quarantine]) = (1, 0, -2)
        record.closedAt[.damaged] = 7
        return Written { StateEncoder.encode(count: record, sku: sku, location: site, key: &$0, value: &$1) }
    }

    /// A header and a level with what came later: terms and incoming.
    static var laterHeader: Written {
        var record = SKURecord()
        record.key = sku
        record.version = 1
        record.policy.overReceiptPercent = 5
        record.policy.lateDelta = 2
        return Written { StateEncoder.encode(header: record, key: &$0, value: &$1) }
    }

    static var laterLevel: Written {
        var record = LevelRecord()
        record.location = site
        record.balances.incoming = 60
        record.balances.inTransit = 3
        return Written { StateEncoder.encode(level: record, velocity: nil, sku: sku, key: &$0, value: &$1) }
    }

    static var waitingHold: Written {
        var record = HoldRecord()
        record.id = key("h-2")
        (record.quantity, record.expiresAtMilliseconds, record.minExpiryMilliseconds) = (2, 5_000, 9)
        var waiter = WaiterRecord()
        (waiter.quantity, waiter.placedSeq, waiter.isWhole, waiter.ttlSeconds) = (2, 78, true, 900)
        return Written { StateEncoder.encode(hold: record, waiter: waiter, sku: sku, location: site, key: &$0, value: &$1) }
    }

    static var waitingHeader: Written {
        var record = SKURecord()
        (record.key, record.version, record.releases) = (sku, 1, 3)
        (record.policy.backorderLimit, record.policy.backorderDays, record.policy.oversellLimit) = (0, 7, 4)
        (record.policy.preorderLimit, record.policy.preorderUntilMilliseconds) = (9, 5)
        return Written { StateEncoder.encode(header: record, key: &$0, value: &$1) }
    }

    static var waitingLevel: Written {
        var record = LevelRecord()
        record.location = site
        (record.balances.backordered, record.balances.preordered) = (8, 9)
        return Written { StateEncoder.encode(level: record, velocity: nil, sku: sku, key: &$0, value: &$1) }
    }

    static func window(_ count: Int) -> IDWindow {
        var window = IDWindow(cap: 10_000)
        window.restoreStart(at: 4_094, evictedThroughMilliseconds: 0)
        for index in 0..<count {
            var entry = IDEntry()
            entry.id = Hash128(high: UInt64(index), low: 77)
            entry.body = UInt64(index) << 32
            entry.seq = Int64(10 + index * 3)
            entry.timeMilliseconds = 1_767_225_600_000 - Int64(index)
            entry.outcome = index % 2 == 0 ? .accepted : .rejected
            entry.rejection = index % 2 == 0 ? .none : .insufficientStock
            window.append(entry)
        }
        return window
    }

    static var ids: Written {
        let window = window(4)
        return Written {
            StateEncoder.encode(idBlock: 1, positions: 4_096..<4_098, of: window, key: &$0, value: &$1)
            return 0
        }
    }

    static var mark: Written {
        var mark = StateMark()
        mark.values.seq = 10
        mark.values.next = 20
        mark.values.logTimeMilliseconds = 30
        mark.values.incarnation = 40
        mark.values.counters.accepted = 5
        mark.values.counters.gaps = 1
        mark.redoSeq = 9
        mark.redoTimeMilliseconds = 29
        mark.idsHead = 1
        mark.idsTail = 2
        mark.idsThroughSeq = 8
        mark.isComplete = true
        mark.digest = 0xFEDC_BA98_7654_3210
        return Written {
            StateEncoder.encode(mark: mark, key: &$0, value: &$1)
            return 0
        }
    }

    static var coreLevel: Written {
        var record = LevelRecord()
        record.location = site
        record.balances.core = 4
        record.isOut = true
        return Written { StateEncoder.encode(level: record, velocity: nil, sku: sku, key: &$0, value: &$1) }
    }

    static var coreLine: Written {
        var record = CommitmentRecord()
        record.orderLine = key("o-1")
        (record.ordered, record.shipped, record.cores) = (3, 2, 2)
        return Written { StateEncoder.encode(commitment: record, waiter: nil, sku: sku, location: site, key: &$0, value: &$1) }
    }

    static var coreClosed: Written {
        var record = ClosedRecord()
        record.id = Hash128(high: 1, low: 2)
        record.kind = .orderLine
        (record.quantity, record.shipped, record.cores) = (3, 3, 1)
        return Written { StateEncoder.encode(closed: record, sku: sku, key: &$0, value: &$1) }
    }

    @Test func usedPartsComeBackAsTheyWere() throws {
        guard case .level(let level, nil, _) = try Self.coreLevel.decode(),
            case .commitment(let line, nil, _, _) = try Self.coreLine.decode(),
            case .closed(let closed, _) = try Self.coreClosed.decode()
        else {
            Issue.record("another kind came back")
            return
        }
        #expect(level.balances.core == 4 && line.cores == 2 && line.minExpiryMilliseconds == 0 && closed.cores == 1)
    }

    static var unit: Written {
        var record = UnitRecord()
        record.name = key("box")
        (record.numerator, record.denominator) = (9, 2)
        return Written { StateEncoder.encode(unit: record, sku: sku, key: &$0, value: &$1) }
    }

    static var zone: Written {
        var record = ZoneRecord()
        record.name = key("Etc/UTC")
        return Written { StateEncoder.encode(zone: record, sku: sku, location: site, key: &$0, value: &$1) }
    }

    static var zoneOfSKU: Written {
        var record = ZoneRecord()
        record.name = key("Etc/UTC")
        return Written { StateEncoder.encode(zone: record, sku: sku, location: Key(), key: &$0, value: &$1) }
    }

    static var channel: Written {
        var record = ChannelRecord()
        (record.name, record.minShelfLifeDays) = (key("shop"), 90)
        return Written { StateEncoder.encode(channel: record, sku: sku, key: &$0, value: &$1) }
    }

    @Test func channelsComeBackAsTheyWere() throws {
        guard case .channel(let channel, Self.sku) = try Self.channel.decode() else {
            Issue.record("another kind came back")
            return
        }
        #expect(channel.name == key("shop") && channel.minShelfLifeDays == 90)
    }

    @Test func zonesComeBackAsTheyWere() throws {
        guard case .zone(let zone, Self.sku, location: Self.site) = try Self.zone.decode(),
            case .zone(let other, Self.sku, location: Key()) = try Self.zoneOfSKU.decode()
        else {
            Issue.record("another kind came back")
            return
        }
        #expect(zone.name == key("Etc/UTC") && other.name == key("Etc/UTC"))
    }

    static var anew: Written {
        Written {
            StateEncoder.encodeAnew(key: &$0, value: &$1)
            return 0
        }
    }

    static var all: [(String, Written)] {
        [
            ("header", header), ("level", level), ("hold", hold), ("commitment", commitment), ("closed", closed), ("ids", ids),
            ("mark", mark), ("anew", anew), ("document", document), ("transfer", transfer), ("count", count), ("laterHeader", laterHeader),
            ("laterLevel", laterLevel), ("unit", unit), ("waiting", waiting), ("waitingHeader", waitingHeader),
            ("waitingLevel", waitingLevel), ("waitingHold", waitingHold),
            ("coreLevel", coreLevel), ("coreLine", coreLine), ("coreClosed", coreClosed),
            ("zone", zone), ("zoneOfSKU", zoneOfSKU), ("channel", channel),
        ]
    }

    /// Stored in topics: these bytes never change under version 1. Key, `ff`, value.
    @Test func goldenBytes() {
        let golden = [
            "waiting": "04074254592d3030316f2d32ff0103574831140800000000000000000000000000070c9a01d00fa01f1204",
            "waitingHeader": "01074254592d303031ff01020000808080c00f000e120a080000000500000000000000000006",
            "waitingHold": "03074254592d303031682d32ff0103574831040000904e1221049c010000880e",
            "waitingLevel": "02074254592d303031574831ff010000000000000000000000c21012",
            "header": "01074254592d303031ff01d804e0c50880a0d5edee6615d00f0106090e010208efcdab8967452301",
            "level": "02074254592d303031574831ff01050000800100000400feffffffffffffffff01ffffffffffffffffff0102000b",
            "hold": "03074254592d303031682d31ff01035748310a0680a0d5edee66c0c9dcedee66",
            "commitment": "04074254592d3030316f2d31ff0103574831140a060402ffffffffffffffff02",
            "closed": "05074254592d30303101000000000000000200000000000000ff010204141408030000000000000080a0d5edee66",
            "ids": "200100000000000000ff01804002"
                + "02000000000000004d00000000000000000000000200000020fc9fd5edee660100"
                + "03000000000000004d00000000000000000000000300000006010211",
            "anew": "22ff01",
            "document": "0a074254592d303031706f2d31ff0103574831c80150",
            "transfer": "07074254592d303031742d31ff0103574831140e035748320403",
            "count": "08074254592d303031574831ff0103632d3105a001aa0180a0d5edee66"
                + "0000000000000000020000feffffffffffffff020e",
            "laterHeader": "01074254592d303031ff010200008080120a0400000001000000000000000000",
            "laterLevel": "02074254592d303031574831ff010000000000000000000000327806",
            "coreLevel": "02074254592d303031574831ff0100000000000000000000000208",
            "coreLine": "04074254592d3030316f2d31ff01035748310600040000000000000000000000001804",
            "coreClosed": "05074254592d30303101000000000000000200000000000000ff01820006060000000000000000000002",
            "unit": "18074254592d303031626f78ff011204",
            "channel": "19074254592d30303173686f70ff01b401",
            "zone": "14074254592d303031574831ff01074574632f555443",
            "zoneOfSKU": "14074254592d303031ff01074574632f555443",
            "mark": "21ff0114283c005000000a000000000000000002123a02041000011032547698badcfe",
        ]
        for (name, written) in Self.all { #expect(written.hex == golden[name], "\(name)") }
    }

    /// A member that is added to a record and forgotten by the encoder would be lost without a word: whoever changes one of these numbers
    /// looks at `StateEncoder`, or knows that the member is derived.
    @Test func everyMemberIsKnown() {
        func count(_ value: Any) -> Int { Mirror(reflecting: value).children.count }
        #expect(count(SKURecord()) == 40 && count(LevelRecord()) == 16 && count(HoldRecord()) == 14 && count(CommitmentRecord()) == 20)
        #expect(count(WaiterRecord()) == 13 && count(Policy()) == 26)
        #expect(
            count(ClosedRecord()) == 13 && count(DocumentRecord()) == 11 && count(CountRecord()) == 16 && count(IDEntry()) == 6
                && count(PartitionValues()) == 8
                && count(PartitionCounters()) == 10)
        #expect(count(LotTermsRecord()) == 9 && count(LotRecord()) == 12 && count(ShippedLotRecord()) == 8)
        #expect(count(LotCountRecord()) == 13 && count(NamingRecord()) == 10 && count(CountedLotRecord()) == 8)
        #expect(count(DispositionValues()) == 7 && count(UnitRecord()) == 6 && count(ZoneRecord()) == 4)
        #expect(count(ChannelRecord()) == 5 && count(PartRecord()) == 7)
    }

    @Test func comesBackAsItWas() throws {
        guard case .header(let header) = try Self.header.decode(), case .level(let level, nil, let levelSKU) = try Self.level.decode(),
            case .hold(let hold, nil, let holdSKU, let holdSite) = try Self.hold.decode(),
            case .commitment(let line, nil, _, let lineSite) = try Self.commitment.decode(),
            case .closed(let closed, _) = try Self.closed.decode(),
            case .mark(let mark) = try Self.mark.decode()
        else {
            Issue.record("another kind came back")
            return
        }
        #expect(header.key == Self.sku && header.version == 300 && header.policy.scale == 1000 && header.policy.reorderPoint == -1)
        #expect(header.policy.safetyStock == Policy.absent && header.supplier == -5 && header.lossGain == -1 && !header.isOut)
        #expect(header.hasHadStock && header.writtenRecords == 4 && header.writtenHashSum == 0x0123_4567_89AB_CDEF)
        #expect(
            levelSKU == Self.sku && level.location == Self.site && level.balances.sellable == -3 && level.balances.shortfall == Int64.max)
        #expect(level.balances.available == Int64.min && level.safetyStock == 0 && level.reorderPoint == Policy.absent)
        #expect(level.isLow && level.isOut && !level.hasHadStock && level.isOversold)
        #expect(holdSKU == Self.sku && holdSite == Self.site && hold.id == key("h-1") && hold.remaining == 3)
        #expect(hold.expiresAtMilliseconds == 1_767_225_660_000 && hold.status.writtenHash == 0)
        #expect(lineSite == Self.site && line.orderLine == key("o-1") && line.canceled == 2 && line.source == UInt64.max)
        #expect(closed.id == Hash128(high: 1, low: 2) && closed.kind == .orderLine && closed.outcome == .sold && closed.returned == 4)
        #expect(mark.values.counters.gaps == 1 && mark.isComplete && mark.digest == 0xFEDC_BA98_7654_3210 && mark.redoSeq == 9)
    }

    /// Who counted, and what was counted again, follows what the lots lack, also where they lack nothing.
    @Test func whoCountedComesBackAsItWas() throws {
        for (unattributed, recounted, actor) in [(Int64(0), UInt8(1), Int64(0)), (-3, 0, -7), (0, 5, 9)] {
            var record = CountRecord()
            (record.id, record.counted, record.recounted, record.unattributed) = (key("c-1"), 5, recounted, unattributed)
            record.actors[.quarantine] = actor
            let written = Written { StateEncoder.encode(count: record, sku: Self.sku, location: Self.site, key: &$0, value: &$1) }
            guard case .count(let read, Self.sku, Self.site) = try written.decode() else {
                Issue.record("another kind came back")
                return
            }
            #expect(read.recounted == recounted && read.actors == record.actors && read.unattributed == unattributed)
            var line = LotCountRecord()
            (line.isListed, line.isRecounted, line.actor) = (unattributed == 0, recounted != 0, actor)
            let ofLot = Written {
                StateEncoder.encode(lotCount: line, sku: Self.sku, location: Self.site, lot: key("l"), key: &$0, value: &$1)
            }
            guard case .lotCount(let read, Self.sku, Self.site, _) = try ofLot.decode() else {
                Issue.record("another kind came back")
                return
            }
            #expect(read.isListed == line.isListed && read.isRecounted == line.isRecounted && read.actor == line.actor)
        }
    }

    /// What was sold follows the used parts, also where there are none.
    @Test func whatWasSoldComesBackAsItWas() throws {
        var record = VelocityRecord(lastDay: 20_500)
        for (daysBefore, sold) in [(Int32(0), Int64(0)), (1, 300), (7, VelocityRecord.maxPerDay)] { record[daysBefore] = sold }
        var level = LevelRecord()
        level.location = Self.site
        for (cores, velocity, hex) in [
            (Int64(0), record, "0001a8c00208" + "00ac020000000000ffffffff0f"), (4, VelocityRecord(lastDay: 0), "08010000"),
        ] {
            level.balances.core = cores
            let written = Written { StateEncoder.encode(level: level, velocity: velocity, sku: Self.sku, key: &$0, value: &$1) }
            #expect(written.hex.hasSuffix(hex), "\(written.hex)")
            guard case .level(let read, let sold?, Self.sku) = try written.decode() else {
                Issue.record("another kind came back")
                return
            }
            #expect(read.balances.core == cores && sold == velocity)
        }
    }

    /// The life that is demanded at a level follows what was sold, also where nothing was.
    @Test func theLifeThatIsDemandedComesBackAsItWas() throws {
        var level = LevelRecord()
        level.location = Self.site
        level.lifeEndMilliseconds = 1_800_000_000_000
        for velocity in [nil, VelocityRecord(lastDay: 20_500)] {
            let written = Written { StateEncoder.encode(level: level, velocity: velocity, sku: Self.sku, key: &$0, value: &$1) }
            guard case .level(let read, let sold, Self.sku) = try written.decode() else {
                Issue.record("another kind came back")
                return
            }
            #expect(read.lifeEndMilliseconds == level.lifeEndMilliseconds && sold == velocity && read.balances.core == 0)
        }
    }

    @Test func whatWasNotSoldIsDamage() throws {
        var level = LevelRecord()
        level.location = Self.site
        var key = ByteBuffer(capacity: 64)
        var value = ByteBuffer(capacity: 256)
        _ = StateEncoder.encode(level: level, velocity: nil, sku: Self.sku, key: &key, value: &value)
        let front = Array(value.bytes)
        // No such flag; no instant; one before 1970; nothing; a day before 1970; the earliest day is 0; too many days; more than a day can
        // tell; nothing after no used parts.
        let wrong: [[UInt8]] = [
            [0, 4, 0, 0], [0, 2, 0], [0, 2, 1], [0, 0], [0, 1, 1, 0], [0, 1, 2, 1, 0], [0, 1, 2, 36] + [UInt8](repeating: 1, count: 36),
            [0, 1, 2, 1, 0x80, 0x80, 0x80, 0x80, 0x10], [0],
        ]
        for tail in wrong {
            #expect(throws: WireError.self, "\(tail)") {
                try (front + tail).withUnsafeBytes { _ = try StateDecoder.decode(key: key.bytes, value: $0) }
            }
        }
    }

    @Test func whatCameLaterComesBackAsItWas() throws {
        guard case .document(let document, Self.sku, Self.site, Key()) = try Self.document.decode(),
            case .document(let transfer, Self.sku, Self.site, key("WH2")) = try Self.transfer.decode(),
            case .header(let header) = try Self.laterHeader.decode(), case .level(let level, nil, _) = try Self.laterLevel.decode()
        else {
            Issue.record("another kind came back")
            return
        }
        #expect(document.kind == .incoming && document.id == key("po-1") && document.total == 100 && document.arrived == 40)
        guard case .unit(let unit, Self.sku) = try Self.unit.decode() else {
            Issue.record("another kind came back")
            return
        }
        #expect(unit.name == key("box") && unit.numerator == 9 && unit.denominator == 2)
        guard case .count(let count, Self.sku, Self.site) = try Self.count.decode() else {
            Issue.record("another kind came back")
            return
        }
        #expect(count.id == key("c-1") && count.counted == 5 && count.found[.sellable] == 80 && count.base[.sellable] == 85)
        #expect(count.countedAt[.sellable] == 1_767_225_600_000 && count.found[.quarantine] == 1 && count.lines[.quarantine] == -2)
        #expect(count.closedAt[.damaged] == 7 && count.closedAt[.sellable] == 0 && header.policy.lateDelta == 2)
        #expect(header.policy.overReceiptPercent == 5 && header.policy.scale == Policy.absent && level.balances.incoming == 60)
        #expect(level.balances.inTransit == 3 && transfer.kind == .transfer && transfer.total == 10 && transfer.arrived == 7)
        #expect(transfer.rejected == 2 && transfer.disposition == .qc && document.toLevel == -1)
    }

    @Test func whatWaitsComesBackAsItWas() throws {
        guard case .commitment(let line, let waiter?, _, _) = try Self.waiting.decode(),
            case .header(let header) = try Self.waitingHeader.decode(), case .level(let level, nil, _) = try Self.waitingLevel.decode(),
            case .hold(let hold, let guest?, _, _) = try Self.waitingHold.decode()
        else {
            Issue.record("another kind came back")
            return
        }
        #expect(hold.id == key("h-2") && hold.minExpiryMilliseconds == 9 && guest.quantity == 2 && guest.ttlSeconds == 900)
        #expect(line.open == 4 && line.minExpiryMilliseconds == 0 && waiter.quantity == 6 && waiter.placedSeq == 77 && waiter.isWhole)
        #expect(waiter.placedAtMilliseconds == 1_000 && waiter.shipByMilliseconds == 2_000 && waiter.priority == 9 && waiter.release == 2)
        #expect(header.releases == 3 && header.policy.preorderUntilMilliseconds == 5 && header.policy.backorderLimit == 0)
        #expect(header.policy.oversellLimit == 4 && header.policy.backorderDays == 7 && header.policy.preorderLimit == 9)
        #expect(level.balances.backordered == 8 && level.balances.preordered == 9)
    }

    @Test func aHoldKeepsItsOwner() throws {
        var record = HoldRecord()
        (record.id, record.quantity, record.remaining, record.owner) = (key("h-3"), 2, 2, 7)
        let owned = Written { StateEncoder.encode(hold: record, waiter: nil, sku: Self.sku, location: Self.site, key: &$0, value: &$1) }
        var waiter = WaiterRecord()
        (waiter.quantity, waiter.priority, waiter.ttlSeconds) = (2, 3, 900)
        record.owner = UInt64.max
        let waiting = Written {
            StateEncoder.encode(hold: record, waiter: waiter, sku: Self.sku, location: Self.site, key: &$0, value: &$1)
        }
        guard case .hold(let hold, nil, _, _) = try owned.decode(), case .hold(let other, let found?, _, _) = try waiting.decode() else {
            Issue.record("another kind came back")
            return
        }
        #expect(hold.owner == 7 && hold.minExpiryMilliseconds == 0 && hold.remaining == 2)
        #expect(other.owner == UInt64.max && found.quantity == 2 && found.priority == 3 && found.ttlSeconds == 900)
    }

    @Test func anOrderLineKeepsItsTime() throws {
        var record = CommitmentRecord()
        (record.orderLine, record.ordered, record.open, record.expiresAtMilliseconds) = (key("o-3"), 2, 2, 1_767_225_600_000)
        let line = Written {
            StateEncoder.encode(commitment: record, waiter: nil, sku: Self.sku, location: Self.site, key: &$0, value: &$1)
        }
        (record.cores, record.inTransit, record.transfer) = (1, 2, 3)
        var waiter = WaiterRecord()
        (waiter.quantity, waiter.release) = (2, 3)
        let full = Written {
            StateEncoder.encode(commitment: record, waiter: waiter, sku: Self.sku, location: Self.site, key: &$0, value: &$1)
        }
        guard case .commitment(let plain, nil, _, _) = try line.decode(), case .commitment(let other, let found?, _, _) = try full.decode()
        else {
            Issue.record("another kind came back")
            return
        }
        #expect(plain.expiresAtMilliseconds == 1_767_225_600_000 && plain.cores == 0 && plain.open == 2)
        #expect(other.expiresAtMilliseconds == 1_767_225_600_000 && other.cores == 1 && other.inTransit == 2 && other.transfer == 3)
        #expect(found.quantity == 2 && found.release == 3)
    }

    @Test func theBeginningOfARebuiltCheckpointComesBack() throws {
        guard case .anew = try Self.anew.decode() else {
            Issue.record("another kind came back")
            return
        }
    }

    @Test func theIDWindowComesBackAsItWas() throws {
        let window = Self.window(4)
        let written = Self.ids
        var found: [Int64: IDEntry] = [:]
        written.key.withUnsafeBytes { key in
            written.value.withUnsafeBytes { value in
                guard case .ids(let block) = try? StateDecoder.decode(key: key, value: value) else { return }
                #expect(block.number == 1 && block.start == 4_096 && block.count == 2)
                try? block.forEach { found[$0] = $1 }
            }
        }
        #expect(found == [4_096: window.entry(at: 4_096), 4_097: window.entry(at: 4_097)])
    }

    @Test func hashesDifferByKeyAndValue() {
        var hashes: Set<UInt64> = [Self.header.hash, Self.level.hash, Self.hold.hash, Self.commitment.hash, Self.closed.hash]
        var record = HoldRecord()
        record.id = key("h-2")
        let other = Written { StateEncoder.encode(hold: record, waiter: nil, sku: Self.sku, location: Self.site, key: &$0, value: &$1) }
        hashes.insert(other.hash)
        #expect(hashes.count == 6 && !hashes.contains(0))
    }

    /// Whoever looks ahead looks in the right place: a wrong one would cost time, and nobody would notice.
    @Test func aKeyTellsWhatItIsAbout() {
        func upcoming(_ bytes: [UInt8]) -> [UInt64]? {
            let record = bytes.withUnsafeBytes { StateDecoder.upcoming(key: $0) }
            return record.map { [UInt64($0.kind.rawValue), $0.sku, $0.own] }
        }
        let sku = Self.sku.hash64
        #expect(upcoming(Self.header.key) == [1, sku, 0])
        #expect(upcoming(Self.level.key) == [2, sku, Self.site.hash64])
        #expect(upcoming(Self.hold.key) == [3, sku, 0])
        #expect(upcoming(Self.closed.key) == [5, sku, 2])
        for name in ["ids", "mark"] { #expect(Self.all.first { $0.0 == name }.map { upcoming($0.1.key) } == .some(nil), "\(name)") }
        #expect(upcoming([]) == nil && upcoming([2]) == nil && upcoming([2, 9, 65]) == nil && upcoming([99, 1, 65]) == nil)
    }

    @Test func tombstonesName() throws {
        func removed(_ body: (inout ByteBuffer) -> Void) throws -> StateRecord {
            var buffer = ByteBuffer()
            body(&buffer)
            return try StateDecoder.decode(key: buffer.bytes, value: nil)
        }
        let id = Hash128(high: 3, low: 4)
        guard
            case .removedHold(key("h-1"), sku: Self.sku) = try removed({
                StateEncoder.encode(removedHold: key("h-1"), sku: Self.sku, key: &$0)
            }),
            case .removedCommitment(key("o-1"), sku: Self.sku) = try removed({
                StateEncoder.encode(removedCommitment: key("o-1"), sku: Self.sku, key: &$0)
            }),
            case .removedCount(key("WH1"), sku: Self.sku) = try removed({
                StateEncoder.encode(removedCount: key("WH1"), sku: Self.sku, key: &$0)
            }),
            case .removedDocument(key("po-1"), .incoming, sku: Self.sku) = try removed({
                StateEncoder.encode(removedDocument: key("po-1"), .incoming, sku: Self.sku, key: &$0)
            }), case .removedClosed(id, sku: Self.sku) = try removed({ StateEncoder.encode(removedClosed: id, sku: Self.sku, key: &$0) }),
            case .removedLotTerms(key("A"), sku: Self.sku) = try removed({
                StateEncoder.encode(removedTerms: key("A"), sku: Self.sku, key: &$0)
            }),
            case .removedLot(key("A"), sku: Self.sku, location: Self.site) = try removed({
                StateEncoder.encode(removedLot: key("A"), sku: Self.sku, location: Self.site, key: &$0)
            }),
            case .removedShippedLot(id, sku: Self.sku, lot: key("A")) = try removed({
                StateEncoder.encode(removedShipped: id, sku: Self.sku, lot: key("A"), key: &$0)
            }),
            case .removedUnit(key("box"), sku: Self.sku) = try removed({
                StateEncoder.encode(removedUnit: key("box"), sku: Self.sku, key: &$0)
            }),
            case .removedChannel(key("shop"), sku: Self.sku) = try removed({
                StateEncoder.encode(removedChannel: key("shop"), sku: Self.sku, key: &$0)
            }),
            case .removedZone(Self.site, sku: Self.sku) = try removed({
                StateEncoder.encode(removedZone: Self.site, sku: Self.sku, key: &$0)
            }),
            case .removedZone(Key(), sku: Self.sku) = try removed({ StateEncoder.encode(removedZone: Key(), sku: Self.sku, key: &$0) }),
            case .removedIDs(9) = try removed({ StateEncoder.encode(removedIDBlock: 9, key: &$0) }),
            case .stamp = try removed({ $0.append(RecordKind.stamp.rawValue) })
        else {
            Issue.record("another tombstone came back")
            return
        }
    }

    @Test func refusesANewerVersionByName() {
        for (name, written) in Self.all {
            var newer = written
            newer.value[0] = 2
            do throws(WireError) {
                _ = try newer.decode()
                Issue.record("\(name) was read")
            } catch {
                #expect(error.code == .newerVersion && error.low == 2 && error.high == 1)
            }
        }
    }

    @Test func refusesEveryTruncationAndEveryTail() {
        // What a line or a level has at its end is left out where there is none: cut there, it is another one, which its hash tells.
        let cuts = ["waiting": [19], "coreLine": [19], "coreLevel": [13], "waitingHold": [10, 11]]
        for (name, written) in Self.all {
            for length in 0..<written.value.count where !(cuts[name] ?? []).contains(length) {
                var cut = written
                cut.value.removeLast(written.value.count - length)
                #expect(throws: WireError.self, "\(name) \(length)") { try cut.decode() }
            }
            for length in 0..<written.key.count where name == "closed" || name == "ids" || length <= 8 {
                var cut = written
                cut.key.removeLast(written.key.count - length)
                #expect(throws: WireError.self, "\(name) key \(length)") { try cut.decode() }
            }
            var longer = written
            longer.value.append(0)
            #expect(throws: WireError.self, "\(name)") { try longer.decode() }
        }
    }

    @Test func damageNeverCrashes() {
        var generator = SeededGenerator(state: 3)
        for (_, written) in Self.all {
            for _ in 0..<20_000 {
                var damaged = written
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    if Bool.random(using: &generator) {
                        damaged.value[Int.random(in: 0..<damaged.value.count, using: &generator)] = UInt8.random(
                            in: 0...255, using: &generator)
                    } else {
                        damaged.key[Int.random(in: 0..<damaged.key.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                    }
                }
                _ = try? damaged.decode()
            }
        }
    }
}

/// Two hexadecimal digits.
func hexByte(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
}
