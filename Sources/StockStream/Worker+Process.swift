import StockCore
import StockWire

// Steps 2 to 6 for one record: decode, decide, apply, encode, produce.

extension Worker {
    /// Processes one record. False: no transaction can be had now; the record is read again later, and so is everything after it.
    func process(_ record: RecordView) -> Bool {
        guard let task = task(record.partition), task.isRunning, record.offset >= task.next else {
            counters.repeatedRecords += 1
            return true
        }
        guard openTransaction() else {
            if !isPaused { rewind(task) }
            return false
        }
        task.touch()
        noteTouched(task)
        noteTime(task, record)
        counters.records += 1
        recordsInTransaction += 1
        stamps.append(record.timestampMilliseconds)
        lastRecord = (record.partition, record.offset)
        if record.offset == task.suspectOffset && task.suspectAborts >= options.abortsBeforeDeadLetter {
            // Its own answer may be what can't be written, and the decoder still points at the record before.
            decoder.discard()
            deadLetter(record, task, WireError(.aborts))
            return true
        }
        do throws(WireError) {
            try decoder.decode(record, into: &event.pointee)
        } catch {
            deadLetter(record, task, error)
            return true
        }
        if event.pointee.occurredAtMilliseconds == record.timestampMilliseconds {
            // The record's time stands for the event's where that has none: as late as log time at most, whatever a producer's clock says.
            event.pointee.occurredAtMilliseconds = min(record.timestampMilliseconds, task.state.values.logTimeMilliseconds)
        }
        if let partition = rightPartition(record) {
            reroute(record, task, to: partition)
            return true
        }
        let sku = task.state.findSKU(event.pointee.sku)
        do throws(WireError) {
            try decoder.tellDayEnds(of: &event.pointee, sku: sku, zones, to: &task.state)
        } catch {
            deadLetter(record, task, error)
            return true
        }
        expireBefore(sku, task)
        task.state.decide(
            event.pointee, sku: sku, candidates: decoder.candidates, serials: decoder.serials, offset: record.offset, into: &fact.pointee)
        if fact.pointee.chain.passedOn > 0 { passOn(task) } else { settle(task, decoder.envelope, error: nil) }
        return true
    }

    /// What a SKU can't meet of a request goes on to the next one that it names, in the same transaction: both happen, or neither. The
    /// answer comes from the last one.
    private func passOn(_ task: StreamTask) {
        var envelope = decoder.envelope
        envelope.replyKey = UnsafeRawBufferPointer(start: nil, count: 0)
        settle(task, envelope, error: nil)
        let partition = fact.pointee.chain.next.withBytes { Murmur2.partition($0, of: options.partitionCount) }
        output.passOn(event.pointee, fact.pointee, decoder, partition: partition)
    }

    /// Applies the fact and writes what it brings: the ledger record, alerts, an answer.
    func settle(_ task: StreamTask, _ envelope: EventEnvelope, error: WireError?) {
        if fact.pointee.seq == 1 {
            task.state.begin(
                incarnation: max(clock.wallMilliseconds(), task.state.values.logTimeMilliseconds, 1), at: task.next)
            fact.pointee.incarnation = task.state.values.incarnation
        }
        task.state.apply(&fact.pointee, transitions: &transitions)
        count(fact.pointee.outcome, fact.pointee.rejection)
        output.ledger(fact, envelope, error: error, partition: task.partition)
        if !transitions.transitions.isEmpty { emitTransitions(task, envelope.traceparent) }
        guard !envelope.replyKey.isEmpty else { return }
        output.reply(fact.pointee, envelope, error: error, identity(task, index: 0), isBlind: task.state.isBlind(fact.pointee))
    }

    private func identity(_ task: StreamTask, index: Int) -> OutputIdentity {
        OutputIdentity(
            incarnation: task.state.values.incarnation, partition: task.partition, seq: fact.pointee.seq, index: index,
            timeMilliseconds: fact.pointee.timeMilliseconds)
    }

    private func emitTransitions(_ task: StreamTask, _ traceparent: UnsafeRawBufferPointer) {
        let slot = task.state.findSKU(fact.pointee.sku)
        let context = AlertContext(
            sku: fact.pointee.sku, version: fact.pointee.version, scale: task.state.sku(slot).policy.effectiveScale, seq: fact.pointee.seq,
            timeMilliseconds: fact.pointee.timeMilliseconds)
        var index = 0
        for transition in transitions.transitions {
            output.transition(
                transition, context, items: fact.pointee.items, identity(task, index: index), traceparent: traceparent)
            index += 1
        }
        counters.alerts += Int64(index)
    }

    private func count(_ outcome: Outcome, _ rejection: Rejection) {
        counters.facts += 1
        switch outcome {
        case .accepted: counters.accepted += 1
        case .rejected:
            counters.rejected += 1
            if rejection.isLackOfStock && fact.pointee.chain.passedOn == 0 { counters.oversellRefused += 1 }
        case .duplicate: counters.duplicates += 1
        case .deadLettered: counters.deadLetters += 1
        case .rerouted: counters.rerouted += 1
        case .internalFact: counters.timerFacts += 1
        }
    }

    // MARK: - Bad and misrouted input

    private func deadLetter(_ record: RecordView, _ task: StreamTask, _ error: WireError) {
        task.state.makeUnreadable(.deadLettered, offset: record.offset, into: &fact.pointee)
        settle(task, decoder.envelope, error: error)
        output.deadLetter(record, error, identity(task, index: 0), traceparent: decoder.envelope.traceparent)
        deadLettersInTurn += 1
        // The text is made outside of the hot path's budget: a flood of bad records tells of the first few only.
        if deadLettersInTurn <= 3 { notify(.deadLettered(partition: record.partition, offset: record.offset, reason: error.description)) }
    }

    /// The partition where the record belongs, nil where it is right: the SKU in the value decides, key and partition have to follow.
    private func rightPartition(_ record: RecordView) -> Int32? {
        let sku = event.pointee.sku
        return sku.withBytes { bytes in
            let partition = Murmur2.partition(bytes, of: options.partitionCount)
            guard partition == record.partition, let key = record.key, key.count == bytes.count, key.elementsEqual(bytes) else {
                return partition
            }
            return nil
        }
    }

    private func reroute(_ record: RecordView, _ task: StreamTask, to partition: Int32) {
        if decoder.envelope.isRerouted {
            deadLetter(record, task, WireError(.misrouted))
            return
        }
        noteMisrouted(decoder.envelope.source)
        task.state.makeUnreadable(.rerouted, offset: record.offset, into: &fact.pointee)
        // The answer comes from where the event is decided.
        var envelope = decoder.envelope
        envelope.replyKey = UnsafeRawBufferPointer(start: nil, count: 0)
        settle(task, envelope, error: nil)
        output.reroute(record, sku: event.pointee.sku, partition: partition)
    }

    /// Counts a misrouted record for its client, as far as the table goes.
    private func noteMisrouted(_ source: UnsafeRawBufferPointer) {
        let bytes = UnsafeRawBufferPointer(rebasing: source[..<min(source.count, Key.maxBytes)])
        guard let client = Key(bytes) else { return }
        if misrouted[client] != nil || misrouted.count < WorkerCounters.misroutedClients { misrouted[client, default: 0] += 1 }
    }

    // MARK: - Time

    /// Log time follows the records. The broker's stamps are the time; one that a producer gave (a topic that is not LogAppendTime) counts
    /// as now where it lies in the future.
    private func noteTime(_ task: StreamTask, _ record: RecordView) {
        var stamp = record.timestampMilliseconds
        let isNew = task.endOffset != nil
        task.endOffset = nil
        if stamp > lastWall + options.clockToleranceMilliseconds || isNew {
            lastWall = clock.wallMilliseconds()
            let isAhead = stamp > lastWall + options.clockToleranceMilliseconds
            if record.isStampedByBroker {
                if isNew || isAhead { judgeClock(task, stamp: stamp) }
            } else if isAhead {
                counters.futureStamps += 1
                // A clock that is off does not know what now is.
                let last = task.state.values.logTimeMilliseconds
                stamp = last > 0 && (task.isClockOff || isWallClockOff) ? last : lastWall
            }
        }
        task.state.advanceLogTime(to: stamp)
    }

    /// A record that arrives at an idle partition was stamped since nothing was there: its stamp tells whether our clock is off. What it
    /// may have waited since then, where the worker stood still, says nothing about clocks. A stamp in the future always tells.
    private func judgeClock(_ task: StreamTask, stamp: Int64) {
        var off = lastWall - stamp
        if off > 0 { off = max(0, off - (nowMonotonic - max(lastQuietMonotonic, task.endSeenMonotonic))) }
        let isOff = abs(off) > options.clockToleranceMilliseconds
        if isOff && !task.isClockOff { notify(.clockOff(partition: task.partition, milliseconds: off)) }
        task.isClockOff = isOff
    }

    /// Every due hold of the SKU ends before the event is decided, earlier in the ledger: however many SKUs the turn touches, so the turn's
    /// limit of timers does not hold here. `StateLimits.openHoldsPerSKU` bounds it, and `fillsBeforeEvent` who gets units before it.
    private func expireBefore(_ slot: Int32, _ task: StreamTask) {
        guard slot >= 0 else { return }
        var fillsLeft = StateLimits.fillsBeforeEvent
        while output.isUnharmed, task.state.hasDue(slot, fillsLeft: &fillsLeft) {
            task.state.makeExpiry(of: slot, into: &fact.pointee)
            settle(task, noEnvelope, error: nil)
        }
    }
}
