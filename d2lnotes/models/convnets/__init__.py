"""Convolutional networks for images, one module per family."""

from d2lnotes.models.convnets.alexnet import AlexNet
from d2lnotes.models.convnets.convnext import ConvNeXt
from d2lnotes.models.convnets.densenet import DenseNet
from d2lnotes.models.convnets.googlenet import GoogLeNet, Inception, InceptionSpec
from d2lnotes.models.convnets.lenet import LeNet, ModernLeNet
from d2lnotes.models.convnets.nin import NiN, NiNBlock, NiNSpec
from d2lnotes.models.convnets.regnet import RegNet, SqueezeExcitation, regnet_stages
from d2lnotes.models.convnets.resnet import RESNET_BLOCKS, CifarResNet, ResNet
from d2lnotes.models.convnets.vgg import VGG, VGG_BLOCKS, vgg_block

__all__ = [
    "RESNET_BLOCKS",
    "VGG",
    "VGG_BLOCKS",
    "AlexNet",
    "CifarResNet",
    "ConvNeXt",
    "DenseNet",
    "GoogLeNet",
    "Inception",
    "InceptionSpec",
    "LeNet",
    "ModernLeNet",
    "NiN",
    "NiNBlock",
    "NiNSpec",
    "RegNet",
    "ResNet",
    "SqueezeExcitation",
    "regnet_stages",
    "vgg_block",
]
