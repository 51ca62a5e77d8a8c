"""Object detection: boxes, what they share, and which of them are kept."""

from d2lnotes.detection.anchors import (
    decode_boxes,
    encode_boxes,
    make_anchors,
    match_anchors,
)
from d2lnotes.detection.boxes import (
    batched_nms,
    box_area,
    box_convert,
    box_iou,
    clip_boxes,
    nms,
)
from d2lnotes.detection.metrics import (
    DetectionCurve,
    average_precision,
    detection_curve,
    match_detections,
    mean_average_precision,
    per_class_average_precision,
)

__all__ = [
    "DetectionCurve",
    "average_precision",
    "batched_nms",
    "box_area",
    "box_convert",
    "box_iou",
    "clip_boxes",
    "decode_boxes",
    "detection_curve",
    "encode_boxes",
    "make_anchors",
    "match_anchors",
    "match_detections",
    "mean_average_precision",
    "nms",
    "per_class_average_precision",
]
