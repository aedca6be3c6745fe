#pragma once
#include "vitrine/dataset/dataset.hpp"

namespace vitrine::dataset {

/// nnU-Net v2, raw data (its documentation/dataset_format.md): `imagesTr`, `labelsTr`, `imagesTs`,
/// `labelsTs`, `dataset.json`, and `splits_final.json` for nnUNet_preprocessed.
Layout nnunet();

/// MONAI's data lists, in the form of the Medical Segmentation Decathlon (monai.data
/// load_decathlon_datalist): `dataset.json` with `training`, `validation` and `test`, or with
/// a `fold` each.
Layout monai();

/// The table of PyRadiomics' batch mode: a row a lesion with Image, Mask and Label. Paths are
/// relative to the table.
Layout pyradiomics();

/// DICOM: a folder an image below its patient's, with the CT series in `CT` and, where there are
/// lesions, `SEG.dcm`, `RTSTRUCT.dcm` and `SR.dcm`; `series.csv` lists them.
Layout dicom();

}  // namespace vitrine::dataset
