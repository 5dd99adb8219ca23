from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.augmentations import Mask


def test_a_share_of_the_numbers_is_hidden_and_the_others_stay(changed):
    rows = torch.arange(1.0, 10_001).view(2500, 4)
    found = changed(Mask(share=0.3), rows)
    hidden = found == 0
    assert hidden.float().mean(0).tolist() == pytest.approx([0.3] * 4, abs=0.04)  # 4 sqrt(0.3 * 0.7 / 2500)
    assert torch.equal(found[~hidden], rows[~hidden])


def test_codes_of_categories_become_unknown(changed):
    codes = torch.randint(1, 9, (100, 3), generator=torch.Generator().manual_seed(0))
    found = changed(Mask(share=0.5), codes)
    assert found.dtype == torch.int64
    assert ((found == codes) | (found == 0)).all()
    assert 100 < (found == 0).sum() < 200
