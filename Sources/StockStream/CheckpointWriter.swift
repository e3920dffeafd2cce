import StockCore
import StockWire

/// Writes state records into `stock.state.v1`, in the task's own partition.
final class CheckpointWriter<Sink: TransactionalSink>: StateRecordSink {
    let output: OutputWriter<Sink>
    /// The partition written to.
    var partition: Int32 = 0
    /// Records written since it was set to 0.
    var count = 0

    init(output: OutputWriter<Sink>) { self.output = output }

    override func take(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        output.produce(.state, partition: partition, key: key, value: value)
        count += 1
    }
}
