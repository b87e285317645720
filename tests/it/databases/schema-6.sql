PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO _sqlx_migrations VALUES(1,'initial','2026-11-26 10:34:10',1,X'8b9ad01339d63753eb77a5678e6acdaafd9735c149e1661332c1b34d87a3e7f0cdc8b5ddd991c37f9337839b659a3907',1482442);
INSERT INTO _sqlx_migrations VALUES(2,'looking','2026-11-26 10:34:10',1,X'b9d54516ded6f3b204ce8c6335cbefeee918d95b2e82cdef74d49fe842bad4da16550fd747d771262a7f8146353f9d2d',4709398);
INSERT INTO _sqlx_migrations VALUES(3,'routes','2026-11-26 10:34:10',1,X'cadf6ab361a8597011c63d4bddc50a254794754d090d296e210166c95903041a75ad820915943ca6ae08d70e4b823de2',5501620);
INSERT INTO _sqlx_migrations VALUES(4,'executions','2026-11-26 10:34:10',1,X'8f8bae85d0b7c602aae587b190e75246345d92191d73a5101baf9b0b8b900a1d3aae7531388050bb64a4cfae885e6efd',8139957);
INSERT INTO _sqlx_migrations VALUES(5,'harbor api','2026-11-26 10:34:10',1,X'479a9e054bf9f108c63c12b49c2d22aaa61b383433ea63e528fc56c485d4715257d5b7521ef0a86b529e5914930113e3',3264491);
INSERT INTO _sqlx_migrations VALUES(6,'images','2026-11-26 10:34:10',1,X'8d04d4c83894ad27ffa240c7fd791d873a7127804041228c2a9c74e608adb2fd9492f6d0666b5d5783a62e1dee961c2e',1803501);
CREATE TABLE events (
    id                  TEXT   NOT NULL PRIMARY KEY,
    accepted_at         BIGINT NOT NULL,
    outcome             TEXT   NOT NULL,
    harbor_host         TEXT   NOT NULL,
    project             TEXT   NOT NULL,
    repository          TEXT   NOT NULL,
    -- A JSON array of the versions that were news when the event came in.
    versions            TEXT   NOT NULL,
    registry            TEXT   NOT NULL,
    description         TEXT   NOT NULL,
    -- Unix seconds, as Harbor says it.
    execution_timestamp BIGINT NOT NULL,
    execution_id        BIGINT NOT NULL,
    occurred_at         BIGINT NOT NULL,
    payload             TEXT   NOT NULL, source TEXT NOT NULL DEFAULT 'webhook', operation TEXT NOT NULL DEFAULT 'copy', rule TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', task_id BIGINT NOT NULL DEFAULT 0, late BIGINT NOT NULL DEFAULT 0, split_from TEXT NOT NULL DEFAULT '', remote_namespace TEXT NOT NULL DEFAULT '', rule_id BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT events_outcome_known CHECK (outcome IN ('succeeded', 'failed')),
    CONSTRAINT events_execution_after_1970 CHECK (execution_timestamp >= 0)
);
INSERT INTO events VALUES('01a2176b-80bf-71e2-8c05-c41b4dba0c3c',1795689251007,'succeeded','harbor.example.com','mars','mars/mars-api','["v1.2.3"]','aliyun-acr','阿里仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-api [1 item(s) in total]","references":["v1.2.3"]}]}}}','webhook','copy','','',9190,0,'','mars',0);
INSERT INTO events VALUES('01a2176b-810b-75b2-aef4-ea75b1446c21',1795689251083,'failed','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689191,191,1795689227000,'{"type":"REPLICATION","occur_at":1795689227,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689191,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":191,"task_id":9191,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}','webhook','copy','','',9191,0,'','mars',0);
INSERT INTO events VALUES('01a2176b-8e18-75aa-b345-abebb4f3ed36',1795689254424,'succeeded','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689191,191,1795689227000,'{"type":"REPLICATION","occur_at":1795689227,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689191,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":191,"task_id":9191,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}','webhook','copy','','',9191,0,'','mars',0);
INSERT INTO events VALUES('01a2176b-9bc2-754f-becd-3c9f1523ec31',1795689257922,'succeeded','harbor.example.com','venus','venus/api','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"api [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9bd2-720f-a12c-a91491397c68',1795689257938,'succeeded','harbor.example.com','venus','venus/web','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"web [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9be4-746c-b424-0ce559c14096',1795689257957,'succeeded','harbor.example.com','venus','venus/auth','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"auth [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9bf7-73c4-ad91-00a8270de7c5',1795689257975,'succeeded','harbor.example.com','venus','venus/billing','["v3.1.0"]','huawei-swr','华为仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"billing [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9c09-72b3-afc8-49a8db1bdbda',1795689257993,'succeeded','harbor.example.com','venus','venus/cart','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"cart [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9c27-7771-b86d-bcdecc9b4a21',1795689258023,'succeeded','harbor.example.com','venus','venus/mail','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mail [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9c38-7717-9121-8f5dde03f28a',1795689258040,'succeeded','harbor.example.com','venus','venus/map','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"map [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9c5d-71d5-90a6-b2353a394d63',1795689258077,'succeeded','harbor.example.com','venus','venus/queue','["v3.1.0"]','huawei-swr','华为仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"queue [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9c77-7676-a65e-db28343a6ba7',1795689258103,'succeeded','harbor.example.com','venus','venus/search','["v3.1.0"]','huawei-swr','华为仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"search [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9c87-7022-8cad-fccbf7f860bd',1795689258119,'succeeded','harbor.example.com','venus','venus/stock','["v3.1.0"]','huawei-swr','华为仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"stock [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9c96-72da-b7e1-c74fe4caf322',1795689258134,'succeeded','harbor.example.com','venus','venus/tax','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"tax [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9ca6-71e2-828a-4bb7213b5ff6',1795689258150,'succeeded','harbor.example.com','venus','venus/user','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"user [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-d2e8-7256-9535-80020189f03e',1795689272040,'failed','harbor.example.com','','','[]','aliyun-acr','阿里仓',1795689235,9001,1795689271000,'{"execution":{"id":9001,"policy_id":1,"status":"Failed","status_text":"failed to create adapter for destination registry https://registry.example.net: dial tcp: i/o timeout","trigger":"event_based","start_time":"2026-11-26T10:33:55Z","end_time":"2026-11-26T10:34:31Z","total":0,"succeed":0,"failed":0}}','harbor_api','copy','to-aliyun','failed to create adapter for destination registry https://registry.example.net: dial tcp: i/o timeout',0,0,'','',1);
INSERT INTO events VALUES('01a2176b-dea3-739e-8863-8fc720645e33',1795689275043,'succeeded','harbor.example.com','mars','mars/mars-api','["v1.2.4"]','huawei-swr','华为仓',1795689235,9002,1795689271000,'{"type":"REPLICATION","occur_at":1795689271,"event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","execution_timestamp":1795689235,"execution_id":9002,"task_id":9002,"src_resource":{"endpoint":"harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","endpoint":"https://registry.example.net","namespace":"mars"},"successful_artifact":[{"name_tag":"mars-api [1 item(s) in total]","references":["v1.2.4"]}]}}}','harbor_api','copy','to-huawei','',9002,1,'','mars',2);
INSERT INTO events VALUES('01a2176b-ebc5-721b-ac0e-806273f90e8b',1795689278405,'succeeded','harbor.example.com','mars','mars/mars-old','["v1.0.0"]','huawei-swr','华为仓',1795689235,9003,1795689271000,'{"type":"REPLICATION","occur_at":1795689271,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689235,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":9003,"task_id":9003,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-old [1 item(s) in total]","references":["v1.0.0"]}]}}}','webhook','delete','to-huawei','',9003,0,'','mars',2);
INSERT INTO events VALUES('01a2176b-f906-73ab-82b6-035e25a4a688',1795689281798,'failed','harbor.example.com','mars','mars/mars-api','["v2.1.1"]','huawei-swr','华为仓',1795689235,9004,1795689271000,'{"type":"REPLICATION","occur_at":1795689271,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689235,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":9004,"task_id":9004,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-api [2 item(s) in total]","references":["v2.1.0","v2.1.1"]}]}}}','webhook','copy','to-huawei','failed to push the manifest: http status code: 403, body: denied',9004,0,'','mars',2);
INSERT INTO events VALUES('01a2176b-f90c-71f9-8b02-a65ad080cc95',1795689281803,'succeeded','harbor.example.com','mars','mars/mars-api','["v2.1.0"]','huawei-swr','华为仓',1795689235,9004,1795689271000,'{"type":"REPLICATION","occur_at":1795689271,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689235,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":9004,"task_id":9004,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-api [2 item(s) in total]","references":["v2.1.0","v2.1.1"]}]}}}','harbor_api','copy','','',9004,0,'01a2176b-f906-73ab-82b6-035e25a4a688','mars',0);
INSERT INTO events VALUES('01a2176c-0759-72de-801f-6e43d9512c44',1795689285465,'succeeded','harbor.example.com','mars','mars/mars-api','["told-1.0"]','aliyun-acr','阿里仓 😀',1795689190,815,1795689226000,'{"type": "REPLICATION", "occur_at": 1795689226, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓 😀", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689190, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["told-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-1388-77af-b6cf-02a54231854f',1795689288584,'succeeded','harbor.example.com','mars','mars/mars-api','["old-harbor"]','aliyun-acr','阿里仓',1795689190,0,1795689226000,'{"type": "REPLICATION", "occur_at": 1795689226, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689190, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["old-harbor"]}]}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-13e6-74a7-bc65-667c830a9c03',1795689288678,'succeeded','harbor.example.com','mars','mars/mars-api','["rejected-1.0"]','aliyun-acr','阿里仓',1795689190,815,1795689226000,'{"type": "REPLICATION", "occur_at": 1795689226, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689190, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["rejected-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-1825-77d3-bdcb-8384a7c772de',1795689289765,'succeeded','harbor.example.com','venus','venus/sub/web','["for-two-1.0"]','aliyun-acr','阿里仓',1795689190,815,1795689226000,'{"type": "REPLICATION", "occur_at": 1795689226, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689190, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "venus"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "venus"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "sub/web [1 item(s) in total]", "references": ["for-two-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','venus',0);
INSERT INTO events VALUES('01a2176c-1887-74ce-86c2-978222f0d9bf',1795689289863,'failed','harbor.example.com','mars','mars/mars-api','["heals-1.0"]','aliyun-acr','阿里仓',1795689190,816,1795689226000,'{"type": "REPLICATION", "occur_at": 1795689226, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Error", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689190, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "failed_artifact": [{"type": "artifact", "status": "Error", "name_tag": "mars-api [1 item(s) in total]", "references": ["heals-1.0"]}], "execution_id": 816}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-1891-73b7-b631-90bc6963bead',1795689289873,'succeeded','harbor.example.com','mars','mars/mars-api','["heals-1.0"]','aliyun-acr','阿里仓',1795689190,816,1795689226000,'{"type": "REPLICATION", "occur_at": 1795689226, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689190, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["heals-1.0"]}], "execution_id": 816}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-18fb-762c-9971-7b7bdafd6e92',1795689289979,'failed','harbor.example.com','mars','mars/mars-api','["held-1.0"]','aliyun-acr','阿里仓',1795689190,817,1795689226000,'{"type": "REPLICATION", "occur_at": 1795689226, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Error", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689190, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "failed_artifact": [{"type": "artifact", "status": "Error", "name_tag": "mars-api [1 item(s) in total]", "references": ["held-1.0"]}], "execution_id": 817}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-18ff-7541-b158-7fc79fdc69c5',1795689289983,'succeeded','harbor.example.com','mars','mars/mars-api','["hangs-1.0"]','aliyun-acr','阿里仓',1795689190,815,1795689226000,'{"type": "REPLICATION", "occur_at": 1795689226, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689190, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["hangs-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-1925-70e9-a5b4-b32c4a587993',1795689290021,'succeeded','harbor.example.com','mars','mars/mars-api','["waits-1.0"]','华为','',1795689190,815,1795689226000,'{"type": "REPLICATION", "occur_at": 1795689226, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689190, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "华为", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["waits-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-1928-72a6-ab48-2e69175e19d9',1795689290024,'succeeded','harbor.example.com','mars','mars/mars-api','["discarded-1.0"]','aliyun-acr','阿里仓',1795689190,815,1795689226000,'{"type": "REPLICATION", "occur_at": 1795689226, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689190, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["discarded-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','mars',0);
CREATE TABLE deliveries (
    id              TEXT   NOT NULL PRIMARY KEY,
    event_id        TEXT   NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    robot           TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    -- Attempts on record, and those of them that ended in a retry since acceptance or replay.
    attempts        BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    batch_limit     BIGINT NOT NULL,
    -- 1: failed alone while its robot was well.
    suspect         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    -- The clock of giving up: acceptance, or the last replay.
    tried_since     BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    finished_at     BIGINT NOT NULL,
    last_error      TEXT   NOT NULL, mentions TEXT NOT NULL DEFAULT '[]', grace_until BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT deliveries_once_a_robot UNIQUE (event_id, robot),
    CONSTRAINT deliveries_state_known
        CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'superseded', 'discarded')),
    CONSTRAINT deliveries_finished_iff_final
        CHECK ((finished_at = 0) = (state IN ('pending', 'sending'))),
    CONSTRAINT deliveries_told_only_by_an_attempt
        CHECK (attempts > 0 OR state NOT IN ('sending', 'delivered', 'failed')),
    CONSTRAINT deliveries_batch_limit_positive CHECK (batch_limit > 0)
);
INSERT INTO deliveries VALUES('01a2176b-80c1-709f-a3c1-095fd95a706a','01a2176b-80bf-71e2-8c05-c41b4dba0c3c','default','delivered',1,0,128,0,1795689251007,1795689251007,0,1795689251071,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-810b-75b2-aef4-ea7659211a0e','01a2176b-810b-75b2-aef4-ea75b1446c21','default','delivered',1,0,128,0,1795689251083,1795689261083,0,1795689254462,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-8e18-75aa-b345-abec30e10a61','01a2176b-8e18-75aa-b345-abebb4f3ed36','default','delivered',1,0,128,0,1795689254424,1795689254424,0,1795689257852,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9bc2-754f-becd-3ca0d5485ca9','01a2176b-9bc2-754f-becd-3c9f1523ec31','default','delivered',3,2,128,0,1795689257922,1795689257922,0,1795689271646,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9bd2-720f-a12c-a915b0a0b2da','01a2176b-9bd2-720f-a12c-a91491397c68','default','delivered',2,1,128,0,1795689257938,1795689257938,0,1795689268253,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9be5-76c2-ad84-0929125648e6','01a2176b-9be4-746c-b424-0ce559c14096','default','delivered',2,1,128,0,1795689257957,1795689257957,0,1795689271646,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9bf7-73c4-ad91-00a9d758ecef','01a2176b-9bf7-73c4-ad91-00a8270de7c5','default','delivered',2,1,128,0,1795689257975,1795689257975,0,1795689271646,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9c0a-7316-9a96-ffd81537fd9b','01a2176b-9c09-72b3-afc8-49a8db1bdbda','default','delivered',2,1,128,0,1795689257993,1795689257993,0,1795689271646,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9c28-769a-961f-acde896657e4','01a2176b-9c27-7771-b86d-bcdecc9b4a21','default','delivered',2,1,128,0,1795689258023,1795689258023,0,1795689271646,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9c39-73b9-b6dd-ae6ef641440a','01a2176b-9c38-7717-9121-8f5dde03f28a','default','delivered',2,1,128,0,1795689258040,1795689258040,0,1795689271646,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9c62-7594-960e-ae30b3ac13c7','01a2176b-9c5d-71d5-90a6-b2353a394d63','default','delivered',2,1,128,0,1795689258077,1795689258077,0,1795689271646,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9c78-7724-8681-7882f45ff86f','01a2176b-9c77-7676-a65e-db28343a6ba7','default','delivered',2,1,128,0,1795689258103,1795689258103,0,1795689271646,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9c87-7022-8cad-fccc0e33a6f8','01a2176b-9c87-7022-8cad-fccbf7f860bd','default','delivered',2,1,128,0,1795689258119,1795689258119,0,1795689271646,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9c97-7542-8cd4-10cbfecea256','01a2176b-9c96-72da-b7e1-c74fe4caf322','default','delivered',2,1,128,0,1795689258134,1795689258134,0,1795689271646,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9ca6-71e2-828a-4bb8e637edd6','01a2176b-9ca6-71e2-828a-4bb7213b5ff6','default','delivered',2,1,128,0,1795689258150,1795689258150,0,1795689271646,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-d2e8-7256-9535-8003267c58f4','01a2176b-d2e8-7256-9535-80020189f03e','default','delivered',1,0,128,0,1795689272040,1795689272040,0,1795689275040,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-dea4-7229-a4d0-a2b97d90b3b9','01a2176b-dea3-739e-8863-8fc720645e33','default','delivered',1,0,128,0,1795689275043,1795689275043,0,1795689278437,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-ebc6-7586-940b-2522d44f0c42','01a2176b-ebc5-721b-ac0e-806273f90e8b','default','delivered',1,0,128,0,1795689278405,1795689288405,0,1795689281829,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-f907-76b6-8f7f-2a902c78b818','01a2176b-f906-73ab-82b6-035e25a4a688','default','delivered',1,0,128,0,1795689281798,1795689291798,0,1795689285223,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-f90c-71f9-8b02-a659c2aa06f4','01a2176b-f90c-71f9-8b02-a65ad080cc95','default','delivered',1,0,128,0,1795689281803,1795689281803,0,1795689285223,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-075b-72f1-b588-872f48f30a33','01a2176c-0759-72de-801f-6e43d9512c44','default','delivered',2,0,128,0,1795689285465,1795689288741,0,1795689289724,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-1389-70be-a38a-b9fd734db440','01a2176c-1388-77af-b6cf-02a54231854f','default','delivered',1,0,128,0,1795689288584,1795689288584,0,1795689288596,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-13e7-7340-84f4-7e77a4595dd2','01a2176c-13e6-74a7-bc65-667c830a9c03','default','failed',1,0,128,0,1795689288678,1795689288678,0,1795689288693,'errcode 40008: invalid message type','[]',0);
INSERT INTO deliveries VALUES('01a2176c-1826-77bb-8050-ab837703e8b6','01a2176c-1825-77d3-bdcb-8384a7c772de','default','delivered',1,0,128,0,1795689289765,1795689289765,0,1795689289784,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-1826-77bb-8050-ab84353cba93','01a2176c-1825-77d3-bdcb-8384a7c772de','运维','pending',1,0,128,0,1795689289765,1795689289765,1795689289785,0,'errcode 93000: invalid webhook url','["zhangsan","li.si"]',0);
INSERT INTO deliveries VALUES('01a2176c-1888-7166-8069-cf145000c4ba','01a2176c-1887-74ce-86c2-978222f0d9bf','default','superseded',0,0,128,0,1795689289863,1795710889863,0,1795689289873,'','[]',1795710889863);
INSERT INTO deliveries VALUES('01a2176c-1891-73b7-b631-90bdae9ff1dd','01a2176c-1891-73b7-b631-90bc6963bead','default','delivered',1,0,128,0,1795689289873,1795689289873,0,1795689289896,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-18fc-73b8-8b1c-7af06c2b788a','01a2176c-18fb-762c-9971-7b7bdafd6e92','default','pending',0,0,128,0,1795689289979,1795710889979,1795710889979,0,'','[]',1795710889979);
INSERT INTO deliveries VALUES('01a2176c-18ff-7541-b158-7fc8d7918463','01a2176c-18ff-7541-b158-7fc79fdc69c5','default','sending',1,0,128,0,1795689289983,1795689289983,1795689289983,0,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-1926-77b8-9755-1d8a57fe7804','01a2176c-1925-70e9-a5b4-b32c4a587993','default','pending',0,0,128,0,1795689290021,1795689290021,1795689290021,0,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-1929-7124-841d-f1518321ccb9','01a2176c-1928-72a6-ab48-2e69175e19d9','default','discarded',0,0,128,0,1795689290024,1795689290024,0,1795689290068,'','[]',0);
CREATE TABLE messages (
    id          TEXT   NOT NULL PRIMARY KEY,
    robot       TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    outcome     TEXT   NOT NULL,
    -- 0: no HTTP answer came.
    http_status BIGINT NOT NULL,
    -- NULL: the answer had none; every number is a code that WeCom may use.
    errcode     BIGINT,
    errmsg      TEXT   NOT NULL,
    CONSTRAINT messages_outcome_known
        CHECK (outcome IN ('in_flight', 'delivered', 'retry', 'ambiguous', 'throttled', 'robot_broken',
                           'rejected', 'unknown'))
);
INSERT INTO messages VALUES('01a2176b-80cb-76b8-9e68-8dd13dfd74c5','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`v1.2.3`\n> 时间：2026-11-26 18:33:46（用时 36 秒）"}}',1795689251019,52,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-8e08-753b-951d-58a0b7dc1f6c','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"warning\">失败</font> 华为仓\n> 镜像：`mars/mars-web`\n> 版本：`v2.0.0`\n> 时间：2026-11-26 18:33:47\n> [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/191/tasks)"}}',1795689254408,54,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-9b47-77bb-ba04-6874376ac13f','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 华为仓\n> 镜像：`mars/mars-web`\n> 版本：`v2.0.0`\n> 时间：2026-11-26 18:33:47（用时 36 秒）"}}',1795689257799,53,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-a886-70a2-be00-1dfdfab3bb50','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 12\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:48\n> `venus/web` `v3.1.0` 18:33:48\n> `venus/auth` `v3.1.0` 18:33:48\n> `venus/cart` `v3.1.0` 18:33:48\n> `venus/mail` `v3.1.0` 18:33:48\n> `venus/map` `v3.1.0` 18:33:48\n> `venus/tax` `v3.1.0` 18:33:48\n> `venus/user` `v3.1.0` 18:33:48\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:48\n> `venus/queue` `v3.1.0` 18:33:48\n> `venus/search` `v3.1.0` 18:33:48\n> `venus/stock` `v3.1.0` 18:33:48"}}',1795689261190,2,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-b592-745e-b20c-eb6438e035b9','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/api`\n> 版本：`v3.1.0`\n> 时间：2026-11-26 18:33:48（用时 36 秒）"}}',1795689264530,8,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-c3e6-738a-ada0-2b83fd29c2c0','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/web`\n> 版本：`v3.1.0`\n> 时间：2026-11-26 18:33:48（用时 36 秒）"}}',1795689268198,55,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-d127-74f4-be51-f755e86adc01','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 11\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:48\n> `venus/auth` `v3.1.0` 18:33:48\n> `venus/cart` `v3.1.0` 18:33:48\n> `venus/mail` `v3.1.0` 18:33:48\n> `venus/map` `v3.1.0` 18:33:48\n> `venus/tax` `v3.1.0` 18:33:48\n> `venus/user` `v3.1.0` 18:33:48\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:48\n> `venus/queue` `v3.1.0` 18:33:48\n> `venus/search` `v3.1.0` 18:33:48\n> `venus/stock` `v3.1.0` 18:33:48"}}',1795689271591,55,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-de68-732e-b5ab-d8e5bcb6748a','default','{"msgtype":"markdown","markdown":{"content":"**复制失败** 阿里仓\n> 规则：`to-aliyun`\n> 原因：failed to create adapter for destination registry https：//registry.example.net: dial tcp: i/o timeout\n> 时间：2026-11-26 18:34:31\n> [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/9001/tasks)"}}',1795689274985,55,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-eba8-77af-9559-e39b44353996','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 华为仓（补报）\n> 镜像：`mars/mars-api`\n> 版本：`v1.2.4`\n> 时间：2026-11-26 18:34:31（用时 36 秒）"}}',1795689278376,61,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-f8ee-762c-847c-c5b055173f95','default','{"msgtype":"markdown","markdown":{"content":"**镜像删除** <font color=\"info\">成功</font> 华为仓\n> 镜像：`mars/mars-old`\n> 版本：`v1.0.0`\n> 时间：2026-11-26 18:34:31（用时 36 秒）"}}',1795689281774,55,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-062e-7781-9d8c-f91e02379df8','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 1，失败 1\n<font color=\"warning\">失败</font> 华为仓\n> `mars/mars-api` `v2.1.1` 18:34:31 failed to push the manifest: http status code: 403, body: denied [记录](https://harbor.example.com/harbor/replications/9004/tasks)\n<font color=\"info\">成功</font> 华为仓\n> `mars/mars-api` `v2.1.0` 18:34:31"}}',1795689285166,57,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-1374-7572-9948-0a9f52c9973e','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像：`mars/mars-api`\n> 版本：`told-1.0`\n> 时间：2026-11-26 18:33:46（用时 36 秒）"}}',1795689288565,4,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-138c-74f1-8004-46da91fd26ea','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`old-harbor`\n> 时间：2026-11-26 18:33:46（用时 36 秒）"}}',1795689288588,8,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-13ea-7038-b550-790000b412f7','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`rejected-1.0`\n> 时间：2026-11-26 18:33:46（用时 36 秒）"}}',1795689288682,11,'rejected',200,40008,'invalid message type');
INSERT INTO messages VALUES('01a2176c-17f1-7223-aee1-90f8a12853b6','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像：`mars/mars-api`\n> 版本：`told-1.0`\n> 时间：2026-11-26 18:33:46（用时 36 秒）"}}',1795689289713,11,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-182e-7542-8d2a-49e1dc5ababb','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/sub/web`\n> 版本：`for-two-1.0`\n> 时间：2026-11-26 18:33:46（用时 36 秒）"}}',1795689289774,10,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-182f-7354-aefe-0f2cbd6ffd9b','运维','{"msgtype":"text","text":{"content":"镜像入仓 成功 阿里仓\n镜像：venus/sub/web\n版本：for-two-1.0\n时间：2026-11-26 18:33:46（用时 36 秒）","mentioned_list":["zhangsan","li.si"]}}',1795689289780,5,'robot_broken',200,93000,'invalid webhook url');
INSERT INTO messages VALUES('01a2176c-1897-7792-abf6-b1ecb9312726','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`heals-1.0`\n> 时间：2026-11-26 18:33:46（用时 36 秒）"}}',1795689289879,17,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-190d-70b2-8e7c-8945130a96cc','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`hangs-1.0`\n> 时间：2026-11-26 18:33:46（用时 36 秒）"}}',1795689289997,0,'in_flight',0,NULL,'');
CREATE TABLE attempts (
    delivery_id TEXT   NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    message_id  TEXT   NOT NULL REFERENCES messages (id),
    PRIMARY KEY (delivery_id, number)
);
INSERT INTO attempts VALUES('01a2176b-80c1-709f-a3c1-095fd95a706a',1,'01a2176b-80cb-76b8-9e68-8dd13dfd74c5');
INSERT INTO attempts VALUES('01a2176b-810b-75b2-aef4-ea7659211a0e',1,'01a2176b-8e08-753b-951d-58a0b7dc1f6c');
INSERT INTO attempts VALUES('01a2176b-8e18-75aa-b345-abec30e10a61',1,'01a2176b-9b47-77bb-ba04-6874376ac13f');
INSERT INTO attempts VALUES('01a2176b-9bc2-754f-becd-3ca0d5485ca9',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9bd2-720f-a12c-a915b0a0b2da',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9be5-76c2-ad84-0929125648e6',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9bf7-73c4-ad91-00a9d758ecef',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9c0a-7316-9a96-ffd81537fd9b',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9c28-769a-961f-acde896657e4',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9c39-73b9-b6dd-ae6ef641440a',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9c62-7594-960e-ae30b3ac13c7',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9c78-7724-8681-7882f45ff86f',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9c87-7022-8cad-fccc0e33a6f8',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9c97-7542-8cd4-10cbfecea256',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9ca6-71e2-828a-4bb8e637edd6',1,'01a2176b-a886-70a2-be00-1dfdfab3bb50');
INSERT INTO attempts VALUES('01a2176b-9bc2-754f-becd-3ca0d5485ca9',2,'01a2176b-b592-745e-b20c-eb6438e035b9');
INSERT INTO attempts VALUES('01a2176b-9bd2-720f-a12c-a915b0a0b2da',2,'01a2176b-c3e6-738a-ada0-2b83fd29c2c0');
INSERT INTO attempts VALUES('01a2176b-9bc2-754f-becd-3ca0d5485ca9',3,'01a2176b-d127-74f4-be51-f755e86adc01');
INSERT INTO attempts VALUES('01a2176b-9be5-76c2-ad84-0929125648e6',2,'01a2176b-d127-74f4-be51-f755e86adc01');
INSERT INTO attempts VALUES('01a2176b-9bf7-73c4-ad91-00a9d758ecef',2,'01a2176b-d127-74f4-be51-f755e86adc01');
INSERT INTO attempts VALUES('01a2176b-9c0a-7316-9a96-ffd81537fd9b',2,'01a2176b-d127-74f4-be51-f755e86adc01');
INSERT INTO attempts VALUES('01a2176b-9c28-769a-961f-acde896657e4',2,'01a2176b-d127-74f4-be51-f755e86adc01');
INSERT INTO attempts VALUES('01a2176b-9c39-73b9-b6dd-ae6ef641440a',2,'01a2176b-d127-74f4-be51-f755e86adc01');
INSERT INTO attempts VALUES('01a2176b-9c62-7594-960e-ae30b3ac13c7',2,'01a2176b-d127-74f4-be51-f755e86adc01');
INSERT INTO attempts VALUES('01a2176b-9c78-7724-8681-7882f45ff86f',2,'01a2176b-d127-74f4-be51-f755e86adc01');
INSERT INTO attempts VALUES('01a2176b-9c87-7022-8cad-fccc0e33a6f8',2,'01a2176b-d127-74f4-be51-f755e86adc01');
INSERT INTO attempts VALUES('01a2176b-9c97-7542-8cd4-10cbfecea256',2,'01a2176b-d127-74f4-be51-f755e86adc01');
INSERT INTO attempts VALUES('01a2176b-9ca6-71e2-828a-4bb8e637edd6',2,'01a2176b-d127-74f4-be51-f755e86adc01');
INSERT INTO attempts VALUES('01a2176b-d2e8-7256-9535-8003267c58f4',1,'01a2176b-de68-732e-b5ab-d8e5bcb6748a');
INSERT INTO attempts VALUES('01a2176b-dea4-7229-a4d0-a2b97d90b3b9',1,'01a2176b-eba8-77af-9559-e39b44353996');
INSERT INTO attempts VALUES('01a2176b-ebc6-7586-940b-2522d44f0c42',1,'01a2176b-f8ee-762c-847c-c5b055173f95');
INSERT INTO attempts VALUES('01a2176b-f907-76b6-8f7f-2a902c78b818',1,'01a2176c-062e-7781-9d8c-f91e02379df8');
INSERT INTO attempts VALUES('01a2176b-f90c-71f9-8b02-a659c2aa06f4',1,'01a2176c-062e-7781-9d8c-f91e02379df8');
INSERT INTO attempts VALUES('01a2176c-075b-72f1-b588-872f48f30a33',1,'01a2176c-1374-7572-9948-0a9f52c9973e');
INSERT INTO attempts VALUES('01a2176c-1389-70be-a38a-b9fd734db440',1,'01a2176c-138c-74f1-8004-46da91fd26ea');
INSERT INTO attempts VALUES('01a2176c-13e7-7340-84f4-7e77a4595dd2',1,'01a2176c-13ea-7038-b550-790000b412f7');
INSERT INTO attempts VALUES('01a2176c-075b-72f1-b588-872f48f30a33',2,'01a2176c-17f1-7223-aee1-90f8a12853b6');
INSERT INTO attempts VALUES('01a2176c-1826-77bb-8050-ab837703e8b6',1,'01a2176c-182e-7542-8d2a-49e1dc5ababb');
INSERT INTO attempts VALUES('01a2176c-1826-77bb-8050-ab84353cba93',1,'01a2176c-182f-7354-aefe-0f2cbd6ffd9b');
INSERT INTO attempts VALUES('01a2176c-1891-73b7-b631-90bdae9ff1dd',1,'01a2176c-1897-7792-abf6-b1ecb9312726');
INSERT INTO attempts VALUES('01a2176c-18ff-7541-b158-7fc8d7918463',1,'01a2176c-190d-70b2-8e7c-8945130a96cc');
CREATE TABLE robots (
    name          TEXT   NOT NULL PRIMARY KEY,
    failures      BIGINT NOT NULL,
    failing_since BIGINT NOT NULL,
    -- 1: WeCom refused the key or the robot, and no message has passed since.
    broken        BIGINT NOT NULL,
    pause         TEXT   NOT NULL,
    paused_until  BIGINT NOT NULL,
    last_error    TEXT   NOT NULL,
    next_slot_at  BIGINT NOT NULL,
    -- A test message that somebody asked for: the id it will have; '' for none.
    test_id       TEXT   NOT NULL,
    -- The process that may send for this robot, and until when.
    lease_owner   TEXT   NOT NULL,
    lease_until   BIGINT NOT NULL,
    CONSTRAINT robots_pause_known CHECK (pause IN ('none', 'retry', 'throttled', 'broken')),
    CONSTRAINT robots_failing_iff_counted CHECK ((failures = 0) = (failing_since = 0))
);
INSERT INTO robots VALUES('default',0,0,0,'none',0,'',1795689289997,'','01a2176c-0711-7230-b181-8fd63a754b55',1795689319997);
INSERT INTO robots VALUES('运维',1,1795689289780,1,'broken',1795689866793,'errcode 93000: invalid webhook url',1795689289785,'','01a2176c-0711-7230-b181-8fd63a754b55',1795689319780);
CREATE TABLE arrivals (
    key       TEXT NOT NULL,
    -- Harbor's number of the execution, or `rule ` and the beginning of the rule's description where Harbor sends none.
    execution TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    version   TEXT NOT NULL,
    event_id  TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, repository TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (key, execution, outcome),
    CONSTRAINT arrivals_outcome_known CHECK (outcome IN ('succeeded', 'failed'))
);
INSERT INTO arrivals VALUES('1795689190-07e4dddc393e1d1b084ad7a745b62b9b5f3c87d3cfd64814a13085345145a730','190','succeeded','v1.2.3','01a2176b-80bf-71e2-8c05-c41b4dba0c3c','mars/mars-api');
INSERT INTO arrivals VALUES('1795689191-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','191','failed','v2.0.0','01a2176b-810b-75b2-aef4-ea75b1446c21','mars/mars-web');
INSERT INTO arrivals VALUES('1795689191-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','191','succeeded','v2.0.0','01a2176b-8e18-75aa-b345-abebb4f3ed36','mars/mars-web');
INSERT INTO arrivals VALUES('1795689192-a8d2d06833eb3a6768af9f672e0af696be00daabfa435afcb55f4184c05e61d1','192','succeeded','v3.1.0','01a2176b-9bc2-754f-becd-3c9f1523ec31','venus/api');
INSERT INTO arrivals VALUES('1795689192-ccc7a27bd27a89e31084d918587bc63d97733e0592ed371e6b9e86d40b998bc1','192','succeeded','v3.1.0','01a2176b-9bd2-720f-a12c-a91491397c68','venus/web');
INSERT INTO arrivals VALUES('1795689192-df638b211e521e409bd7f7c02566c7a376b96da9e73036c7e0a538733508552f','192','succeeded','v3.1.0','01a2176b-9be4-746c-b424-0ce559c14096','venus/auth');
INSERT INTO arrivals VALUES('1795689192-92e1244639ec7daaad3f45a20e47079983e0d92e041920cafe5e0f021a79c6bc','192','succeeded','v3.1.0','01a2176b-9bf7-73c4-ad91-00a8270de7c5','venus/billing');
INSERT INTO arrivals VALUES('1795689192-31d6877b7703f66e1d0408a16b6d0caf06ca092555998e9e6674d6f4b869d847','192','succeeded','v3.1.0','01a2176b-9c09-72b3-afc8-49a8db1bdbda','venus/cart');
INSERT INTO arrivals VALUES('1795689192-9f3b010e6f0b951094005310573490117b01e7da90135d6d01e7c3eedf93fdce','192','succeeded','v3.1.0','01a2176b-9c27-7771-b86d-bcdecc9b4a21','venus/mail');
INSERT INTO arrivals VALUES('1795689192-922be5e3b958a5ac199b8dcba8699e146db4fb6a1b82c1d285d177fadf9052bf','192','succeeded','v3.1.0','01a2176b-9c38-7717-9121-8f5dde03f28a','venus/map');
INSERT INTO arrivals VALUES('1795689192-cedbb2bcbc682232ecbc9cd4259324f87a5f4e5b47b27e9f5cde670ca29ebed9','192','succeeded','v3.1.0','01a2176b-9c5d-71d5-90a6-b2353a394d63','venus/queue');
INSERT INTO arrivals VALUES('1795689192-1e0d9132153c7cd40135ed3d1cbbc7a3e2a10fb345ad4696880eb86073473a43','192','succeeded','v3.1.0','01a2176b-9c77-7676-a65e-db28343a6ba7','venus/search');
INSERT INTO arrivals VALUES('1795689192-5513b653b677a92e29de8adad36b09ac299955f16faa7a41e8a3db1f2f16a960','192','succeeded','v3.1.0','01a2176b-9c87-7022-8cad-fccbf7f860bd','venus/stock');
INSERT INTO arrivals VALUES('1795689192-9c11b55cd503a4d3482b225b3908fe0d3c0e6470fdefcabdedbcda6dec42329a','192','succeeded','v3.1.0','01a2176b-9c96-72da-b7e1-c74fe4caf322','venus/tax');
INSERT INTO arrivals VALUES('1795689192-ad584da922643d7675ec0baf255bd2465081a72e60a67e9f8d70c4861e91f26a','192','succeeded','v3.1.0','01a2176b-9ca6-71e2-828a-4bb7213b5ff6','venus/user');
INSERT INTO arrivals VALUES('1795689235-2e06a9103d7ddc713b89a269e65f255a4b62ca0f11a5075fa9d3a894c9ab058e','9001','failed','','01a2176b-d2e8-7256-9535-80020189f03e','');
INSERT INTO arrivals VALUES('1795689235-583cf5a764b468002a516609a3d13689dbe869ff30a3189902d9ddd84eb19ff2','9002','succeeded','v1.2.4','01a2176b-dea3-739e-8863-8fc720645e33','mars/mars-api');
INSERT INTO arrivals VALUES('1795689235-22bc0b9d9321d13f9494f902d0bf53fc19ae65f4d9a977592df6bc3b3124e10c','9003','succeeded','v1.0.0','01a2176b-ebc5-721b-ac0e-806273f90e8b','mars/mars-old');
INSERT INTO arrivals VALUES('1795689235-865735120aef7f142be242a830f7f6ebb65bcb7b045a9d5ec6a26a88d9f1c63e','9004','failed','v2.1.1','01a2176b-f906-73ab-82b6-035e25a4a688','mars/mars-api');
INSERT INTO arrivals VALUES('1795689235-b94ef87e5787b55023b4ed0309c494d3dbf03846e10b3739b96e525132f7b9b5','9004','succeeded','v2.1.0','01a2176b-f90c-71f9-8b02-a65ad080cc95','mars/mars-api');
INSERT INTO arrivals VALUES('1795689190-71dc520be0e0e08bf732697fd63ed8c563d973997355194a25e55f9e30058605','815','succeeded','told-1.0','01a2176c-0759-72de-801f-6e43d9512c44','mars/mars-api');
INSERT INTO arrivals VALUES('1795689190-856b925668dcaaabe3c36d9989ff4566f11634233655c4efa79f7d7c7a851b1f','rule 阿里仓','succeeded','old-harbor','01a2176c-1388-77af-b6cf-02a54231854f','mars/mars-api');
INSERT INTO arrivals VALUES('1795689190-000b7c50084f3f92514d54448ff514494dd0bfdf42d512240521a5e638e8c764','815','succeeded','rejected-1.0','01a2176c-13e6-74a7-bc65-667c830a9c03','mars/mars-api');
INSERT INTO arrivals VALUES('1795689190-ec9d237b96dc7cdafeb06c84451fd4c599f71a74477311bb8691915f55a2ad99','815','succeeded','for-two-1.0','01a2176c-1825-77d3-bdcb-8384a7c772de','venus/sub/web');
INSERT INTO arrivals VALUES('1795689190-df0430d5072274b96948140bd7238c4a6ce08f200d06ad6fa2977ab3d5c8e049','816','failed','heals-1.0','01a2176c-1887-74ce-86c2-978222f0d9bf','mars/mars-api');
INSERT INTO arrivals VALUES('1795689190-df0430d5072274b96948140bd7238c4a6ce08f200d06ad6fa2977ab3d5c8e049','816','succeeded','heals-1.0','01a2176c-1891-73b7-b631-90bc6963bead','mars/mars-api');
INSERT INTO arrivals VALUES('1795689190-0939e42c53317ef1213ae1dfd72e692eab65e5753ff65b60430db2f706953c4d','817','failed','held-1.0','01a2176c-18fb-762c-9971-7b7bdafd6e92','mars/mars-api');
INSERT INTO arrivals VALUES('1795689190-6919c50bcbe49aa3961059c30512d0ca53e33b0ed3cc27d9ceb0e4d0544a590f','815','succeeded','hangs-1.0','01a2176c-18ff-7541-b158-7fc79fdc69c5','mars/mars-api');
INSERT INTO arrivals VALUES('1795689190-386ab4218e2097bf523fbf234a2fdec8e5f7d0928483945e818295c310eb9e03','815','succeeded','waits-1.0','01a2176c-1925-70e9-a5b4-b32c4a587993','mars/mars-api');
INSERT INTO arrivals VALUES('1795689190-887cd373918867b696db2a5770f0af61456f71c202aad7cd12f31e1bef0f2187','815','succeeded','discarded-1.0','01a2176c-1928-72a6-ab48-2e69175e19d9','mars/mars-api');
CREATE TABLE leases (
    name  TEXT   NOT NULL PRIMARY KEY,
    owner TEXT   NOT NULL,
    until BIGINT NOT NULL
);
CREATE TABLE harbors (
    url              TEXT   NOT NULL PRIMARY KEY,
    -- By Harbor's clock; what ended before it is stored and not sent.
    first_contact_at BIGINT NOT NULL,
    -- The newest execution that was taken into view.
    watermark        BIGINT NOT NULL,
    -- When that one began, by Harbor's clock.
    watermark_at     BIGINT NOT NULL,
    -- Executions below this one are still to be read for the history; 0: all are.
    history_below    BIGINT NOT NULL
);
INSERT INTO harbors VALUES('https://harbor.example.com',1795689250996,9004,1795689235000,0);
CREATE TABLE executions (
    harbor     TEXT   NOT NULL,
    id         BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    -- When it is looked at next; 0: it is done with.
    look_at    BIGINT NOT NULL,
    -- A JSON array of the tasks that are done with.
    settled    TEXT   NOT NULL,
    PRIMARY KEY (harbor, id)
);
INSERT INTO executions VALUES('https://harbor.example.com',9001,1795689235000,0,'[]');
INSERT INTO executions VALUES('https://harbor.example.com',9002,1795689235000,0,'["9002"]');
INSERT INTO executions VALUES('https://harbor.example.com',9003,1795689235000,0,'["9003"]');
INSERT INTO executions VALUES('https://harbor.example.com',9004,1795689235000,0,'["9004"]');
CREATE TABLE replicating (
    harbor       TEXT   NOT NULL,
    execution_id BIGINT NOT NULL,
    repository   TEXT   NOT NULL,
    registry     TEXT   NOT NULL,
    description  TEXT   NOT NULL,
    -- A JSON array; empty where the versions are unknown.
    versions     TEXT   NOT NULL,
    started_at   BIGINT NOT NULL,
    PRIMARY KEY (harbor, execution_id, repository)
);
CREATE TABLE failing_rules (
    harbor       TEXT   NOT NULL,
    rule_id      BIGINT NOT NULL,
    -- The reason without its numbers: the same one is not sent again within a day.
    kind         TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    -- 0: nobody was notified.
    sent_at      BIGINT NOT NULL,
    -- The execution that failed last.
    execution_id BIGINT NOT NULL,
    PRIMARY KEY (harbor, rule_id, kind)
);
INSERT INTO failing_rules VALUES('https://harbor.example.com',1,'failed to create adapter for destination registry https registry.example.net dial tcp i o timeout','failed to create adapter for destination registry https://registry.example.net: dial tcp: i/o timeout',1795689272030,9001);
CREATE TABLE images (
    repository       TEXT   NOT NULL,
    version          TEXT   NOT NULL,
    first_seen_at    BIGINT NOT NULL,
    last_activity_at BIGINT NOT NULL,
    PRIMARY KEY (repository, version)
);
INSERT INTO images VALUES('mars/mars-api','v1.2.3',1795689226000,1795689226000);
INSERT INTO images VALUES('mars/mars-web','v2.0.0',1795689227000,1795689227000);
INSERT INTO images VALUES('venus/api','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/web','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/auth','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/billing','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/cart','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/mail','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/map','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/queue','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/search','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/stock','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/tax','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/user','v3.1.0',1795689228000,1795689228000);
INSERT INTO images VALUES('mars/mars-api','v1.2.4',1795689271000,1795689271000);
INSERT INTO images VALUES('mars/mars-old','v1.0.0',1795689271000,1795689271000);
INSERT INTO images VALUES('mars/mars-api','v2.1.0',1795689271000,1795689271000);
INSERT INTO images VALUES('mars/mars-api','v2.1.1',1795689271000,1795689271000);
INSERT INTO images VALUES('mars/mars-api','told-1.0',1795689226000,1795689226000);
INSERT INTO images VALUES('mars/mars-api','old-harbor',1795689226000,1795689226000);
INSERT INTO images VALUES('mars/mars-api','rejected-1.0',1795689226000,1795689226000);
INSERT INTO images VALUES('venus/sub/web','for-two-1.0',1795689226000,1795689226000);
INSERT INTO images VALUES('mars/mars-api','heals-1.0',1795689226000,1795689226000);
INSERT INTO images VALUES('mars/mars-api','held-1.0',1795689226000,1795689226000);
INSERT INTO images VALUES('mars/mars-api','hangs-1.0',1795689226000,1795689226000);
INSERT INTO images VALUES('mars/mars-api','waits-1.0',1795689226000,1795689226000);
INSERT INTO images VALUES('mars/mars-api','discarded-1.0',1795689226000,1795689226000);
CREATE TABLE destinations (
    repository       TEXT   NOT NULL,
    registry         TEXT   NOT NULL,
    description      TEXT   NOT NULL,
    -- Of the remote side; '' for what came in before there was this column.
    remote_namespace TEXT   NOT NULL,
    -- Harbor's number of the rule; 0 where only webhooks are known, which do not say it.
    rule_id          BIGINT NOT NULL,
    -- When the first and the last execution began, in Unix seconds.
    first_at         BIGINT NOT NULL,
    last_at          BIGINT NOT NULL,
    -- When the first and the last copy arrived; 0: none has.
    first_arrival_at BIGINT NOT NULL,
    last_arrival_at  BIGINT NOT NULL
);
INSERT INTO destinations VALUES('mars/mars-api','aliyun-acr','阿里仓','mars',0,1795689190,1795689190,1795689226000,1795689226000);
INSERT INTO destinations VALUES('mars/mars-web','huawei-swr','华为仓','mars',0,1795689191,1795689191,1795689227000,1795689227000);
INSERT INTO destinations VALUES('venus/api','aliyun-acr','阿里仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/web','aliyun-acr','阿里仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/auth','aliyun-acr','阿里仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/billing','huawei-swr','华为仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/cart','aliyun-acr','阿里仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/mail','aliyun-acr','阿里仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/map','aliyun-acr','阿里仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/queue','huawei-swr','华为仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/search','huawei-swr','华为仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/stock','huawei-swr','华为仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/tax','aliyun-acr','阿里仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/user','aliyun-acr','阿里仓','venus',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('mars/mars-api','huawei-swr','华为仓','mars',2,1795689235,1795689235,1795689271000,1795689271000);
INSERT INTO destinations VALUES('mars/mars-old','huawei-swr','华为仓','mars',0,1795689235,1795689235,0,0);
INSERT INTO destinations VALUES('mars/mars-old','huawei-swr','华为仓','mars',2,1795689235,1795689235,1795689271000,1795689271000);
INSERT INTO destinations VALUES('mars/mars-api','huawei-swr','华为仓','mars',0,1795689235,1795689235,1795689271000,1795689271000);
INSERT INTO destinations VALUES('mars/mars-api','aliyun-acr','阿里仓 😀','mars',0,1795689190,1795689190,1795689226000,1795689226000);
INSERT INTO destinations VALUES('venus/sub/web','aliyun-acr','阿里仓','venus',0,1795689190,1795689190,1795689226000,1795689226000);
INSERT INTO destinations VALUES('mars/mars-api','华为','','mars',0,1795689190,1795689190,1795689226000,1795689226000);
CREATE UNIQUE INDEX messages_one_in_flight ON messages (robot) WHERE outcome = 'in_flight';
CREATE INDEX attempts_of_message ON attempts (message_id);
CREATE INDEX deliveries_of_state ON deliveries (state, created_at, event_id, robot);
CREATE INDEX deliveries_of_robot ON deliveries (robot, state, created_at, event_id);
CREATE INDEX deliveries_tried ON deliveries (robot, tried_since) WHERE state = 'pending' AND attempts > 0;
CREATE INDEX events_by_repository ON events (lower(substr(repository, 1, 100)), accepted_at, id);
CREATE INDEX events_by_name ON events (
    lower(substr(repository, length(rtrim(repository, replace(repository, '/', ''))) + 1, 100)), accepted_at, id);
CREATE INDEX events_by_registry ON events (lower(substr(registry, 1, 100)), accepted_at, id);
CREATE INDEX events_by_description ON events (lower(substr(description, 1, 100)), accepted_at, id);
CREATE INDEX arrivals_of_event ON arrivals (event_id);
CREATE INDEX events_of_image ON events (
    lower(substr(repository, 1, 100)), substr(registry, 1, 100), substr(description, 1, 100), execution_timestamp);
CREATE INDEX events_of_harbor_api ON events (execution_id) WHERE source <> 'webhook';
CREATE INDEX events_unconfirmed ON events (accepted_at) WHERE operation = 'unconfirmed';
CREATE INDEX deliveries_held ON deliveries (grace_until) WHERE state = 'pending' AND attempts = 0 AND grace_until > 0;
CREATE INDEX executions_in_view ON executions (look_at) WHERE look_at > 0;
CREATE UNIQUE INDEX destinations_once ON destinations (
    repository, substr(registry, 1, 100), substr(description, 1, 100), substr(remote_namespace, 1, 100), rule_id);
CREATE INDEX arrivals_of_image ON arrivals (repository, version, event_id);
CREATE INDEX images_by_activity ON images (last_activity_at, repository, version);
CREATE INDEX images_of_repository ON images (repository, last_activity_at, version);
CREATE INDEX images_by_version ON images (lower(substr(version, 1, 100)));
COMMIT;
