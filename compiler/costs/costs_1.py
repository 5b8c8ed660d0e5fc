"""The costs of epoch 2.0 (boot contract `costs`)."""

from __future__ import annotations

from compiler.costs.shapes import Row, constant, linear, logn, nlogn, storage

ROWS: dict[str, Row] = {
    "cost_analysis_type_annotate": linear(a=1000, b=1000),
    "cost_analysis_type_check": linear(a=1000, b=1000),
    "cost_analysis_type_lookup": linear(a=1000, b=1000),
    "cost_analysis_visit": constant(1000),
    "cost_analysis_iterable_func": linear(a=1000, b=1000),
    "cost_analysis_option_cons": constant(1000),
    "cost_analysis_option_check": constant(1000),
    "cost_analysis_bind_name": linear(a=1000, b=1000),
    "cost_analysis_list_items_check": linear(a=1000, b=1000),
    "cost_analysis_check_tuple_get": logn(a=1000, b=1000),
    "cost_analysis_check_tuple_merge": linear(a=1000, b=1000),
    "cost_analysis_check_tuple_cons": nlogn(a=1000, b=1000),
    "cost_analysis_tuple_items_check": linear(a=1000, b=1000),
    "cost_analysis_check_let": linear(a=1000, b=1000),
    "cost_analysis_lookup_function": constant(1000),
    "cost_analysis_lookup_function_types": linear(a=1000, b=1000),
    "cost_analysis_lookup_variable_const": constant(1000),
    "cost_analysis_lookup_variable_depth": nlogn(a=1000, b=1000),
    "cost_ast_parse": linear(a=10_000, b=1000),
    "cost_ast_cycle_detection": linear(a=1000, b=1000),
    "cost_analysis_storage": storage(
        runtime=linear(a=1000, b=1000),
        write_length=linear(a=1, b=1),
        write_count=1,
        read_count=1,
        read_length=1,
    ),
    "cost_analysis_use_trait_entry": storage(
        runtime=linear(a=1000, b=1000),
        write_length=linear(a=1, b=1),
        read_count=1,
        read_length=linear(a=1, b=1),
    ),
    "cost_analysis_get_function_entry": storage(
        runtime=linear(a=1000, b=1000), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_analysis_fetch_contract_entry": storage(
        runtime=linear(a=1000, b=1000), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_lookup_variable_depth": linear(a=1000, b=1000),
    "cost_lookup_variable_size": linear(a=1000, b=0),
    "cost_lookup_function": constant(1000),
    "cost_bind_name": constant(1000),
    "cost_inner_type_check_cost": linear(a=1000, b=1000),
    "cost_user_function_application": linear(a=1000, b=1000),
    "cost_let": linear(a=1000, b=1000),
    "cost_if": constant(1000),
    "cost_asserts": constant(1000),
    "cost_map": linear(a=1000, b=1000),
    "cost_filter": constant(1000),
    "cost_len": constant(1000),
    "cost_element_at": constant(1000),
    "cost_index_of": linear(a=1000, b=1000),
    "cost_fold": constant(1000),
    "cost_list_cons": linear(a=1000, b=1000),
    "cost_type_parse_step": constant(1000),
    "cost_tuple_get": nlogn(a=1000, b=1000),
    "cost_tuple_merge": linear(a=1000, b=1000),
    "cost_tuple_cons": nlogn(a=1000, b=1000),
    "cost_add": linear(a=1000, b=1000),
    "cost_sub": linear(a=1000, b=1000),
    "cost_mul": linear(a=1000, b=1000),
    "cost_div": linear(a=1000, b=1000),
    "cost_geq": constant(1000),
    "cost_leq": constant(1000),
    "cost_le": constant(1000),
    "cost_ge": constant(1000),
    "cost_int_cast": constant(1000),
    "cost_mod": constant(1000),
    "cost_pow": constant(1000),
    "cost_sqrti": constant(1000),
    "cost_log2": constant(1000),
    "cost_xor": constant(1000),
    "cost_not": constant(1000),
    "cost_eq": linear(a=1000, b=1000),
    "cost_begin": constant(1000),
    "cost_hash160": linear(a=1000, b=1000),
    "cost_sha256": linear(a=1000, b=1000),
    "cost_sha512": linear(a=1000, b=1000),
    "cost_sha512t256": linear(a=1000, b=1000),
    "cost_keccak256": linear(a=1000, b=1000),
    "cost_secp256k1recover": constant(1000),
    "cost_secp256k1verify": constant(1000),
    "cost_print": linear(a=1000, b=1000),
    "cost_some_cons": constant(1000),
    "cost_ok_cons": constant(1000),
    "cost_err_cons": constant(1000),
    "cost_default_to": constant(1000),
    "cost_unwrap_ret": constant(1000),
    "cost_unwrap_err_or_ret": constant(1000),
    "cost_is_okay": constant(1000),
    "cost_is_none": constant(1000),
    "cost_is_err": constant(1000),
    "cost_is_some": constant(1000),
    "cost_unwrap": constant(1000),
    "cost_unwrap_err": constant(1000),
    "cost_try_ret": constant(1000),
    "cost_match": constant(1000),
    "cost_or": linear(a=1000, b=1000),
    "cost_and": linear(a=1000, b=1000),
    "cost_append": linear(a=1000, b=1000),
    "cost_concat": linear(a=1000, b=1000),
    "cost_as_max_len": constant(1000),
    "cost_contract_call": constant(1000),
    "cost_contract_of": constant(1000),
    "cost_principal_of": constant(1000),
    "cost_at_block": storage(runtime=1000, read_count=1, read_length=1),
    "cost_load_contract": storage(
        runtime=linear(a=1000, b=1000), read_count=3, read_length=linear(a=1, b=1)
    ),
    "cost_create_map": storage(
        runtime=linear(a=1000, b=1000), write_length=linear(a=1, b=1), write_count=1
    ),
    "cost_create_var": storage(
        runtime=linear(a=1000, b=1000), write_length=linear(a=1, b=1), write_count=2
    ),
    "cost_create_nft": storage(
        runtime=linear(a=1000, b=1000), write_length=linear(a=1, b=1), write_count=1
    ),
    "cost_create_ft": storage(runtime=1000, write_length=1, write_count=2),
    "cost_fetch_entry": storage(
        runtime=linear(a=1000, b=1000), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_set_entry": storage(
        runtime=linear(a=1000, b=1000), write_length=linear(a=1, b=1), write_count=1, read_count=1
    ),
    "cost_fetch_var": storage(
        runtime=linear(a=1000, b=1000), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_set_var": storage(
        runtime=linear(a=1000, b=1000), write_length=linear(a=1, b=1), write_count=1, read_count=1
    ),
    "cost_contract_storage": storage(
        runtime=linear(a=1000, b=1000), write_length=linear(a=1, b=1), write_count=1
    ),
    "cost_block_info": storage(runtime=1000, read_count=1, read_length=1),
    "cost_stx_balance": storage(runtime=1000, read_count=1, read_length=1),
    "cost_stx_transfer": storage(
        runtime=1000, write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "cost_ft_mint": storage(
        runtime=1000, write_length=1, write_count=2, read_count=2, read_length=1
    ),
    "cost_ft_transfer": storage(
        runtime=1000, write_length=1, write_count=2, read_count=2, read_length=1
    ),
    "cost_ft_balance": storage(runtime=1000, read_count=1, read_length=1),
    "cost_nft_mint": storage(
        runtime=linear(a=1000, b=1000), write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "cost_nft_transfer": storage(
        runtime=linear(a=1000, b=1000), write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "cost_nft_owner": storage(runtime=linear(a=1000, b=1000), read_count=1, read_length=1),
    "cost_ft_get_supply": storage(runtime=1000, read_count=1, read_length=1),
    "cost_ft_burn": storage(
        runtime=1000, write_length=1, write_count=2, read_count=2, read_length=1
    ),
    "cost_nft_burn": storage(
        runtime=linear(a=1000, b=1000), write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "poison_microblock": storage(
        runtime=1000, write_length=1, write_count=1, read_count=1, read_length=1
    ),
}
