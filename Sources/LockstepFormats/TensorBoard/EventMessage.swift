internal import CLockstepEvents

/// The value of a tag at a step, as TensorBoard knows it.
enum SummaryValue {
    case scalar(Float)
    case histogram(Histogram)
    case image(width: Int, height: Int, channels: Int, png: [UInt8])
    case text(String)
}

/// One record of an event file: when, at which step, and what.
struct EventMessage {
    enum Content {
        /// The first record of a file.
        case fileVersion
        /// Of earlier files, what has this step or a later one no longer counts.
        case restart
        case summary(tag: String, SummaryValue)
    }

    var wallTime: Double
    var step: Int
    var content: Content

    /// The message in protobuf's format; see `proto/tensorboard.proto`.
    func encoded() -> [UInt8] {
        let memory = MessageMemory()
        let event = memory.message(tensorboard__event__init) { event in
            event.wall_time = wallTime
            event.step = Int64(step)
            switch content {
            case .fileVersion:
                event.what_case = TENSORBOARD__EVENT__WHAT_FILE_VERSION
                event.file_version = memory.text("brain.Event:2")
            case .restart:
                event.what_case = TENSORBOARD__EVENT__WHAT_SESSION_LOG
                event.session_log = memory.message(tensorboard__session_log__init) {
                    $0.status = TENSORBOARD__SESSION_LOG__SESSION_STATUS__START
                }
            case .summary(let tag, let value):
                event.what_case = TENSORBOARD__EVENT__WHAT_SUMMARY
                event.summary = memory.message(tensorboard__summary__init) { summary in
                    summary.n_value = 1
                    summary.value = memory.list(
                        of: memory.message(tensorboard__summary__value__init) { message in
                            message.tag = memory.text(tag)
                            value.fill(&message, memory)
                        })
                }
            }
        }
        let message = UnsafeRawPointer(event).assumingMemoryBound(to: ProtobufCMessage.self)
        return [UInt8](unsafeUninitializedCapacity: protobuf_c_message_get_packed_size(message)) { bytes, count in
            count = protobuf_c_message_pack(message, bytes.baseAddress)
        }
    }
}

extension SummaryValue {
    fileprivate func fill(_ message: inout Tensorboard__Summary__Value, _ memory: MessageMemory) {
        switch self {
        case .scalar(let value):
            message.value_case = TENSORBOARD__SUMMARY__VALUE__VALUE_SIMPLE_VALUE
            message.simple_value = value
        case .histogram(let histogram):
            message.value_case = TENSORBOARD__SUMMARY__VALUE__VALUE_HISTO
            message.histo = memory.message(tensorboard__histogram_proto__init) {
                ($0.min, $0.max) = (histogram.min, histogram.max)
                ($0.num, $0.sum, $0.sum_squares) = (Double(histogram.count), histogram.sum, histogram.sumOfSquares)
                $0.n_bucket_limit = histogram.limits.count
                $0.bucket_limit = memory.copy(histogram.limits)
                $0.n_bucket = histogram.counts.count
                $0.bucket = memory.copy(histogram.counts.map(Double.init))
            }
        case .image(let width, let height, let channels, let png):
            message.value_case = TENSORBOARD__SUMMARY__VALUE__VALUE_IMAGE
            message.image = memory.message(tensorboard__summary__image__init) {
                ($0.width, $0.height, $0.colorspace) = (Int32(width), Int32(height), Int32(channels))
                $0.encoded_image_string = memory.bytes(png)
            }
        case .text(let text):
            // Texts are shown by a plugin, which wants an array of one text and is named in the metadata.
            message.metadata = memory.message(tensorboard__summary_metadata__init) {
                $0.plugin_data = memory.message(tensorboard__summary_metadata__plugin_data__init) {
                    $0.plugin_name = memory.text("text")
                }
            }
            message.value_case = TENSORBOARD__SUMMARY__VALUE__VALUE_TENSOR
            message.tensor = memory.message(tensorboard__tensor_proto__init) { tensor in
                tensor.dtype = TENSORBOARD__TENSOR_PROTO__DATA_TYPE__DT_STRING
                tensor.tensor_shape = memory.message(tensorboard__tensor_shape_proto__init) { shape in
                    shape.n_dim = 1
                    shape.dim = memory.list(
                        of: memory.message(tensorboard__tensor_shape_proto__dim__init) { $0.size = 1 })
                }
                tensor.n_string_val = 1
                tensor.string_val = memory.copy([memory.bytes(Array(text.utf8))])
            }
        }
    }
}

/// What the C structs of one message lie in while it is encoded.
private final class MessageMemory {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit { for block in blocks { block.deallocate() } }

    /// A C message after its `init` function and `fill`.
    func message<Message>(
        _ initialize: (UnsafeMutablePointer<Message>?) -> Void, _ fill: (inout Message) -> Void
    ) -> UnsafeMutablePointer<Message> {
        let message: UnsafeMutablePointer<Message> = room(for: 1)
        initialize(message)
        fill(&message.pointee)
        return message
    }

    /// A copy of the elements.
    func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
        let copy: UnsafeMutablePointer<Element> = room(for: elements.count)
        copy.initialize(from: elements, count: elements.count)
        return copy
    }

    /// C's list of one message.
    func list<Message>(of message: UnsafeMutablePointer<Message>) -> UnsafeMutablePointer<
        UnsafeMutablePointer<Message>?
    > {
        copy([message])
    }

    /// A text as C has it. It ends at U+0000, which no tag has.
    func text(_ text: String) -> UnsafeMutablePointer<CChar> { copy(Array(text.utf8CString)) }

    /// Bytes as protobuf-c has them.
    func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData { ProtobufCBinaryData(len: bytes.count, data: copy(bytes)) }

    private func room<T>(for count: Int) -> UnsafeMutablePointer<T> {
        let pointer = UnsafeMutablePointer<T>.allocate(capacity: max(1, count))
        blocks.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }
}
