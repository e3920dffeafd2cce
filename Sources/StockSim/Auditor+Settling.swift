// Brings each input and its ledger record together.

extension Auditor {
    /// Settles everything of the partition whose counterpart is there.
    func settle(_ partition: PartitionBooks) {
        while let entry = partition.ledger.first {
            if entry.offset < 0 {
                partition.ledger.removeFirst()
                follow(entry, partition)
                settleInternal(entry, partition)
                continue
            }
            guard let input = partition.inputs.first else { return }
            if entry.offset > input.offset {
                partition.inputs.removeFirst()
                problem(partition, input.offset, "has no ledger record: the next one is for \(entry.offset)")
                continue
            }
            partition.ledger.removeFirst()
            follow(entry, partition)
            if entry.offset < input.offset {
                problem(partition, entry.offset, "has a ledger record (seq \(entry.seq)) that no input is left for")
                continue
            }
            partition.inputs.removeFirst()
            if entry.next != entry.offset + 1 { problem(partition, entry.offset, "next is \(entry.next), not the offset after it") }
            settle(input, entry, partition)
        }
    }

    func problem(_ partition: PartitionBooks, _ offset: Int64, _ text: String) {
        report.add(problem: "\(partition.partition)@\(offset): \(text)")
    }

    /// What is true of every ledger record: seq without a gap, next and log time that never fall.
    private func follow(_ entry: AuditedLedger, _ partition: PartitionBooks) {
        if entry.seq != partition.seq + 1 { problem(partition, entry.offset, "seq \(entry.seq) follows \(partition.seq)") }
        if entry.next < partition.next { problem(partition, entry.offset, "next falls from \(partition.next) to \(entry.next)") }
        if entry.timeMilliseconds < partition.timeMilliseconds {
            problem(partition, entry.offset, "log time falls from \(partition.timeMilliseconds) to \(entry.timeMilliseconds)")
        }
        partition.seq = entry.seq
        partition.next = max(partition.next, entry.next)
        partition.timeMilliseconds = max(partition.timeMilliseconds, entry.timeMilliseconds)
    }

    private func settle(_ input: AuditedRecord, _ entry: AuditedLedger, _ partition: PartitionBooks) {
        switch entry.outcome {
        case "dead-lettered":
            report.deadLettered += 1
            pair("\(partition.partition)/\(input.offset)", in: &unpairedLetters)
            let isLost = input.reroutedFrom != nil && !input.isInPlace(partition.partition, of: partitions)
            if input.event != nil && !isLost { problem(partition, input.offset, "was dead-lettered, but is an event") }
        case "rerouted":
            report.rerouted += 1
            pair("\(partition.partition)/\(input.offset)", in: &unpairedReroutes)
            if input.isInPlace(partition.partition, of: partitions) { problem(partition, input.offset, "was sent on from its right place") }
        case "accepted", "rejected", "duplicate":
            guard let event = input.event else {
                count(entry)
                return problem(partition, input.offset, "is \(entry.outcome), but is no event")
            }
            if !input.isInPlace(partition.partition, of: partitions) {
                problem(partition, input.offset, "was decided on a partition where its SKU does not live")
            }
            settle(event, input.offset, entry, partition)
        default: problem(partition, input.offset, "has the outcome \(entry.outcome)")
        }
    }

    private func count(_ entry: AuditedLedger) {
        switch entry.outcome {
        case "accepted": report.accepted += 1
        case "rejected": report.refused[entry.rejection, default: 0] += 1
        default: report.duplicates += 1
        }
    }

    /// An event that was decided.
    private func settle(_ event: AuditedEvent, _ offset: Int64, _ entry: AuditedLedger, _ partition: PartitionBooks) {
        count(entry)
        if entry.kind != event.type || entry.sku != event.sku {
            problem(partition, offset, "is \(event.type) of \(event.sku), the ledger says \(entry.kind) of \(entry.sku)")
            return
        }
        let sku = partition.sku(event.sku)
        if let due = sku.dueHold(atMilliseconds: entry.timeMilliseconds - Limits.graceMilliseconds) {
            problem(partition, offset, "hold \(due) was over for more than \(Limits.graceMilliseconds / 1_000) s and still open")
        }
        if let due = sku.dueLine(atMilliseconds: entry.timeMilliseconds - Limits.graceMilliseconds) {
            problem(partition, offset, "order line \(due) was over for more than \(Limits.graceMilliseconds / 1_000) s and still open")
        }
        if sku.hasLots, let due = sku.dueLot(atMilliseconds: entry.timeMilliseconds - Limits.graceMilliseconds) {
            problem(partition, offset, "lot \(due) had expired for more than \(Limits.graceMilliseconds / 1_000) s and was still for sale")
        }
        notePassedOn(event, entry)
        let fault = decided(event, entry, sku, first: remember(event, partition), partition)
        if let fault { problem(partition, offset, fault) }
    }

    /// What a SKU could not meet is passed on as an event of its own, with its place in the request as the end of its id.
    private func notePassedOn(_ event: AuditedEvent, _ entry: AuditedLedger) {
        guard let rest = entry.chain?["passedOn"]?.integer, rest > 0 else { return }
        let hop = event.numbers["hop"] ?? 1
        let first = hop > 1 ? String(event.id.dropLast(2)) : event.id
        pair("\(first)/\(hop + 1) \(entry.chain?["next"]?.text ?? "") \(rest)", in: &unpairedHops)
    }

    /// The body that came first with the event's id; nil: this is the first.
    private func remember(_ event: AuditedEvent, _ partition: PartitionBooks) -> UInt64? {
        let identity = event.identity
        if let first = partition.ids[identity] { return first }
        partition.ids[identity] = event.body
        partition.idOrder.add(identity)
        if partition.idOrder.count > limits.idsPerPartition, let oldest = partition.idOrder.first {
            partition.ids[oldest] = nil
            partition.idOrder.removeFirst()
        }
        return nil
    }

    private func decided(
        _ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, first: UInt64?, _ partition: PartitionBooks
    ) -> String? {
        if let first {
            if first == event.body {
                return entry.outcome == "duplicate" ? nil : "id \(event.id) came before with the same body, and is \(entry.outcome) now"
            }
            return entry.rejection == "id-conflict" ? nil : "id \(event.id) came before with another body, and is \(entry.outcome) now"
        }
        let lifeFault = renewLife(entry, sku)
        if let lifeFault { return lifeFault }
        switch entry.outcome {
        case "accepted":
            if entry.version != sku.version + 1 { return "version \(entry.version) of \(sku.name) follows \(sku.version)" }
            sku.version = entry.version
            let fault = bookAll(event, entry, sku, partition)
            // A definition reaches every level, a hold may leave another one; where somebody waits or lots matter, many do.
            if Auditor.localTypes.contains(event.type), !entry.location.isEmpty, !sku.hasLots, sku.waiters.isEmpty {
                sku.noteAvailable(entry.location)
            } else {
                for location in sku.levels.keys { sku.noteAvailable(location) }
            }
            if let fault { return fault }
            return entry.location.isEmpty ? nil : compare(entry, sku)
        case "rejected":
            if isRightRefusal(event, entry, sku) == false { return "was refused with \(entry.rejection), which is not so" }
            return entry.location.isEmpty || entry.after == nil ? nil : compare(entry, sku)
        default:
            return isRepeat(event, sku) ? nil : "is called a duplicate, but neither its id nor its business id came before"
        }
    }

    private static let localTypes: Set<String> = ["receive", "adjust", "move", "commit", "release", "extend", "ship", "sale", "return"]

    /// Compares the balances in the ledger record with the books; nil: they are equal.
    func compare(_ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        guard let level = sku.levels[entry.location] else {
            return entry.after == nil ? nil : "has balances at \(entry.location), where nothing ever was"
        }
        func check(_ name: String, _ own: Int64) -> String? {
            let found = entry.after?[name]?.integer ?? 0
            return found == own ? nil : "\(sku.name) at \(entry.location): \(name) is \(found) in the ledger and \(own) in the books"
        }
        for disposition in EventRules.dispositions {
            if let fault = check(disposition, level.units[disposition] ?? 0) { return fault }
        }
        let location = entry.location
        return check("held", level.held) ?? check("committed", level.committed) ?? check("shortfall", sku.shortfall(location))
            ?? check("available", sku.available(location)) ?? check("incoming", sku.incoming(location))
            ?? check("inTransit", sku.inTransit(location)) ?? check("backordered", sku.backordered(location, isPreorder: false))
            ?? check("preordered", sku.backordered(location, isPreorder: true))
    }

    /// Notes a business id that is done, and forgets the oldest where there are too many.
    func finish(_ key: String, _ quantity: Int64, _ content: String, _ sku: SKUBooks, _ partition: PartitionBooks) {
        sku.finished[key] = FinishedBooks(quantity: quantity, content: content)
        noteDone(key, sku, partition)
    }

    /// Lines are kept in `lines` when they are done, all else in `finished`.
    func noteDone(_ key: String, _ sku: SKUBooks, _ partition: PartitionBooks) {
        partition.finishedOrder.add((sku.name, key))
        guard partition.finishedOrder.count > limits.finishedPerPartition, let oldest = partition.finishedOrder.first else { return }
        partition.finishedOrder.removeFirst()
        let owner = partition.sku(oldest.sku)
        owner.hasForgotten = true
        owner.finished[oldest.key] = nil
        guard oldest.key.hasPrefix("line/"), case let id = String(oldest.key.dropFirst(5)) else { return }
        // A shipment that was taken back has opened it again.
        if !owner.isOpen(id) { owner.lines[id] = nil }
    }
}
