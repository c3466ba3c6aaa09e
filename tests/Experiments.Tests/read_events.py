"""Reads an events file as TensorBoard does, with protobuf's own decoder and a checksum of another library: the other side of TensorBoardTests.cs.

    read_events.py FILE      prints a line a scalar: wall time, step, tag and value, all as they are stored; ends with an error at any fault

The messages are those of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto, as far as scalars need them.
"""

import struct
import sys

import crc32c
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Field = descriptor_pb2.FieldDescriptorProto


def add_field(message, name, number, kind, type_name=None, repeated=False, oneof=False):
    field = message.field.add(name=name, number=number, type=kind, label=Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL)
    if type_name:
        field.type_name = type_name
    if oneof:
        field.oneof_index = 0


def event_class():
    file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="tensorflow", syntax="proto3")
    event = file.message_type.add(name="Event")
    event.oneof_decl.add(name="what")
    add_field(event, "wall_time", 1, Field.TYPE_DOUBLE)
    add_field(event, "step", 2, Field.TYPE_INT64)
    add_field(event, "file_version", 3, Field.TYPE_STRING, oneof=True)
    add_field(event, "summary", 5, Field.TYPE_MESSAGE, ".tensorflow.Summary", oneof=True)
    summary = file.message_type.add(name="Summary")
    add_field(summary, "value", 1, Field.TYPE_MESSAGE, ".tensorflow.Summary.Value", repeated=True)
    value = summary.nested_type.add(name="Value")
    value.oneof_decl.add(name="value")
    add_field(value, "tag", 1, Field.TYPE_STRING)
    add_field(value, "simple_value", 2, Field.TYPE_FLOAT, oneof=True)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName("tensorflow.Event")
    if hasattr(message_factory, "GetMessageClass"):  # protobuf 4.22 and later
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


def masked(data):
    checksum = crc32c.crc32c(data)
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def take(file, count):
    data = file.read(count)
    assert len(data) == count, "the file ends within a record"
    return data


def records(path):
    with open(path, "rb") as file:
        while header := file.read(8):
            assert len(header) == 8, "the file ends within a record"
            assert struct.unpack("<I", take(file, 4))[0] == masked(header), "the checksum of a length is wrong"
            data = take(file, struct.unpack("<Q", header)[0])
            assert struct.unpack("<I", take(file, 4))[0] == masked(data), "the checksum of a record is wrong"
            yield data


Event = event_class()
for index, data in enumerate(records(sys.argv[1])):
    event = Event.FromString(data)
    event.DiscardUnknownFields()
    assert event.SerializeToString() == data, "protobuf would have written other bytes"
    if index == 0:
        assert event.file_version == "brain.Event:2", "the file does not begin with its version"
    else:
        assert event.WhichOneof("what") == "summary", "there is an event without a summary"
        for value in event.summary.value:
            print(repr(event.wall_time), event.step, value.tag, repr(value.simple_value), sep="\t")
