"""The costs of epoch 2.05 on the main network (boot contract `costs-2`)."""

from __future__ import annotations

from compiler.costs.shapes import Row, constant, linear, logn, nlogn, storage

ROWS: dict[str, Row] = {
    "cost_analysis_type_annotate": linear(a=1, b=9),
    "cost_analysis_type_check": linear(a=113, b=1),
    "cost_analysis_type_lookup": linear(a=1, b=6),
    "cost_analysis_visit": constant(1),
    "cost_analysis_iterable_func": linear(a=2, b=14),
    "cost_analysis_option_cons": constant(6),
    "cost_analysis_option_check": constant(3),
    "cost_analysis_bind_name": linear(a=2, b=176),
    "cost_analysis_list_items_check": linear(a=2, b=4),
    "cost_analysis_check_tuple_get": logn(a=1, b=2),
    "cost_analysis_check_tuple_merge": linear(a=1000, b=1000),
    "cost_analysis_check_tuple_cons": nlogn(a=3, b=5),
    "cost_analysis_tuple_items_check": linear(a=1, b=59),
    "cost_analysis_check_let": linear(a=1, b=12),
    "cost_analysis_lookup_function": constant(20),
    "cost_analysis_lookup_function_types": linear(a=1, b=28),
    "cost_analysis_lookup_variable_const": constant(15),
    "cost_analysis_lookup_variable_depth": nlogn(a=1, b=34),
    "cost_ast_parse": linear(a=172, b=287_441),
    "cost_ast_cycle_detection": linear(a=141, b=72),
    "cost_analysis_storage": storage(
        runtime=linear(a=2, b=100),
        write_length=linear(a=1, b=1),
        write_count=1,
        read_count=1,
        read_length=1,
    ),
    "cost_analysis_use_trait_entry": storage(
        runtime=linear(a=9, b=723),
        write_length=linear(a=1, b=1),
        read_count=1,
        read_length=linear(a=1, b=1),
    ),
    "cost_analysis_get_function_entry": storage(
        runtime=linear(a=81, b=1303), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_analysis_fetch_contract_entry": storage(
        runtime=linear(a=1000, b=1000), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_lookup_variable_depth": linear(a=2, b=14),
    "cost_lookup_variable_size": linear(a=2, b=1),
    "cost_lookup_function": constant(16),
    "cost_bind_name": constant(256),
    "cost_inner_type_check_cost": linear(a=2, b=9),
    "cost_user_function_application": linear(a=26, b=140),
    "cost_let": linear(a=146, b=862),
    "cost_if": constant(200),
    "cost_asserts": constant(170),
    "cost_map": linear(a=1210, b=3314),
    "cost_filter": constant(460),
    "cost_len": constant(486),
    "cost_element_at": constant(619),
    "cost_index_of": linear(a=1, b=243),
    "cost_fold": constant(483),
    "cost_list_cons": linear(a=14, b=198),
    "cost_type_parse_step": constant(5),
    "cost_tuple_get": nlogn(a=4, b=1780),
    "cost_tuple_merge": linear(a=4, b=646),
    "cost_tuple_cons": nlogn(a=11, b=1101),
    "cost_add": linear(a=14, b=157),
    "cost_sub": linear(a=14, b=157),
    "cost_mul": linear(a=14, b=157),
    "cost_div": linear(a=14, b=157),
    "cost_geq": constant(170),
    "cost_leq": constant(170),
    "cost_le": constant(170),
    "cost_ge": constant(170),
    "cost_int_cast": constant(170),
    "cost_mod": constant(170),
    "cost_pow": constant(170),
    "cost_sqrti": constant(170),
    "cost_log2": constant(170),
    "cost_xor": constant(170),
    "cost_not": constant(170),
    "cost_eq": linear(a=7, b=172),
    "cost_begin": constant(202),
    "cost_hash160": linear(a=1, b=201),
    "cost_sha256": linear(a=1, b=100),
    "cost_sha512": linear(a=1, b=176),
    "cost_sha512t256": linear(a=1, b=188),
    "cost_keccak256": linear(a=1, b=221),
    "cost_secp256k1recover": constant(14_344),
    "cost_secp256k1verify": constant(13_540),
    "cost_print": linear(a=3, b=1413),
    "cost_some_cons": constant(230),
    "cost_ok_cons": constant(230),
    "cost_err_cons": constant(230),
    "cost_default_to": constant(287),
    "cost_unwrap_ret": constant(339),
    "cost_unwrap_err_or_ret": constant(339),
    "cost_is_okay": constant(287),
    "cost_is_none": constant(287),
    "cost_is_err": constant(287),
    "cost_is_some": constant(287),
    "cost_unwrap": constant(287),
    "cost_unwrap_err": constant(287),
    "cost_try_ret": constant(287),
    "cost_match": constant(287),
    "cost_or": linear(a=3, b=149),
    "cost_and": linear(a=3, b=149),
    "cost_append": linear(a=71, b=176),
    "cost_concat": linear(a=75, b=244),
    "cost_as_max_len": constant(475),
    "cost_contract_call": constant(153),
    "cost_contract_of": constant(13_400),
    "cost_principal_of": constant(999),
    "cost_at_block": storage(runtime=210, read_count=1, read_length=1),
    "cost_load_contract": storage(
        runtime=linear(a=1, b=157), read_count=3, read_length=linear(a=1, b=1)
    ),
    "cost_create_map": storage(
        runtime=linear(a=1, b=1631), write_length=linear(a=1, b=1), write_count=1
    ),
    "cost_create_var": storage(
        runtime=linear(a=7, b=2152), write_length=linear(a=1, b=1), write_count=2
    ),
    "cost_create_nft": storage(
        runtime=linear(a=1, b=1610), write_length=linear(a=1, b=1), write_count=1
    ),
    "cost_create_ft": storage(runtime=1972, write_length=1, write_count=2),
    "cost_fetch_entry": storage(
        runtime=linear(a=1, b=1539), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_set_entry": storage(
        runtime=linear(a=4, b=2204), write_length=linear(a=1, b=1), write_count=1, read_count=1
    ),
    "cost_fetch_var": storage(
        runtime=linear(a=1, b=543), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_set_var": storage(
        runtime=linear(a=5, b=691), write_length=linear(a=1, b=1), write_count=1, read_count=1
    ),
    "cost_contract_storage": storage(
        runtime=linear(a=13, b=7982), write_length=linear(a=1, b=1), write_count=1
    ),
    "cost_block_info": storage(runtime=6321, read_count=1, read_length=1),
    "cost_stx_balance": storage(runtime=1385, read_count=1, read_length=1),
    "cost_stx_transfer": storage(
        runtime=1430, write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "cost_ft_mint": storage(
        runtime=1645, write_length=1, write_count=2, read_count=2, read_length=1
    ),
    "cost_ft_transfer": storage(
        runtime=612, write_length=1, write_count=2, read_count=2, read_length=1
    ),
    "cost_ft_balance": storage(runtime=547, read_count=1, read_length=1),
    "cost_nft_mint": storage(
        runtime=linear(a=9, b=795), write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "cost_nft_transfer": storage(
        runtime=linear(a=9, b=795), write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "cost_nft_owner": storage(runtime=linear(a=9, b=795), read_count=1, read_length=1),
    "cost_ft_get_supply": storage(runtime=483, read_count=1, read_length=1),
    "cost_ft_burn": storage(
        runtime=612, write_length=1, write_count=2, read_count=2, read_length=1
    ),
    "cost_nft_burn": storage(
        runtime=linear(a=9, b=795), write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "poison_microblock": storage(
        runtime=29_568, write_length=1, write_count=1, read_count=1, read_length=1
    ),
}
