def test_options_by_path_without_data_and_variables(facts):
    assert facts().options == {"name": "small", "model.0.dense.units": 8, "training.epochs": 3, "training.batch_size": 4}
