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
INSERT INTO _sqlx_migrations VALUES(1,'initial','2026-11-26 10:34:08',1,X'8b9ad01339d63753eb77a5678e6acdaafd9735c149e1661332c1b34d87a3e7f0cdc8b5ddd991c37f9337839b659a3907',3701844);
INSERT INTO _sqlx_migrations VALUES(2,'looking','2026-11-26 10:34:08',1,X'b9d54516ded6f3b204ce8c6335cbefeee918d95b2e82cdef74d49fe842bad4da16550fd747d771262a7f8146353f9d2d',1613958);
INSERT INTO _sqlx_migrations VALUES(3,'routes','2026-11-26 10:34:08',1,X'cadf6ab361a8597011c63d4bddc50a254794754d090d296e210166c95903041a75ad820915943ca6ae08d70e4b823de2',4858961);
INSERT INTO _sqlx_migrations VALUES(4,'executions','2026-11-26 10:34:08',1,X'8f8bae85d0b7c602aae587b190e75246345d92191d73a5101baf9b0b8b900a1d3aae7531388050bb64a4cfae885e6efd',3157552);
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
    payload             TEXT   NOT NULL,
    CONSTRAINT events_outcome_known CHECK (outcome IN ('succeeded', 'failed')),
    CONSTRAINT events_execution_after_1970 CHECK (execution_timestamp >= 0),
    CONSTRAINT events_repository_named CHECK (repository <> '')
);
INSERT INTO events VALUES('01a2176b-78ab-728c-a685-2d48a0dd432f',1795689248939,'succeeded','harbor.example.com','mars','mars/mars-api','["v1.2.3"]','aliyun-acr','阿里仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-api [1 item(s) in total]","references":["v1.2.3"]}]}}}');
INSERT INTO events VALUES('01a2176b-7913-7002-88c8-d342c89b7769',1795689249043,'failed','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":189,"task_id":9189,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8618-7122-a96c-bb7741c26ff0',1795689252376,'succeeded','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-93c1-7327-9a95-e40b1e89ddd6',1795689255873,'succeeded','harbor.example.com','venus','venus/api','["v3.1.0"]','aliyun-acr','阿里仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"api [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-93d1-76b8-b260-d83f270d3058',1795689255889,'succeeded','harbor.example.com','venus','venus/web','["v3.1.0"]','aliyun-acr','阿里仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"web [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-93e1-7787-af12-e078d0b4b1a9',1795689255905,'succeeded','harbor.example.com','venus','venus/auth','["v3.1.0"]','aliyun-acr','阿里仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"auth [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-93f3-76b9-8067-55725a4ca9a5',1795689255923,'succeeded','harbor.example.com','venus','venus/billing','["v3.1.0"]','huawei-swr','华为仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"billing [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-9404-77b7-818a-c76fa964ffe6',1795689255940,'succeeded','harbor.example.com','venus','venus/cart','["v3.1.0"]','aliyun-acr','阿里仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"cart [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-9417-74a2-8d55-e55444b0649e',1795689255959,'succeeded','harbor.example.com','venus','venus/mail','["v3.1.0"]','aliyun-acr','阿里仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mail [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-9432-70c7-bd39-09b44598489d',1795689255986,'succeeded','harbor.example.com','venus','venus/map','["v3.1.0"]','aliyun-acr','阿里仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"map [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-9444-74c2-a11a-3e25f423bc17',1795689256004,'succeeded','harbor.example.com','venus','venus/queue','["v3.1.0"]','huawei-swr','华为仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"queue [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-945c-71a3-b065-9fbe1e046572',1795689256029,'succeeded','harbor.example.com','venus','venus/search','["v3.1.0"]','huawei-swr','华为仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"search [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-9473-72c8-b503-b6b1eed201da',1795689256051,'succeeded','harbor.example.com','venus','venus/stock','["v3.1.0"]','huawei-swr','华为仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"stock [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-9483-7124-9500-af3dbd2c01ac',1795689256067,'succeeded','harbor.example.com','venus','venus/tax','["v3.1.0"]','aliyun-acr','阿里仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"tax [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-9495-71fd-98b5-5258269fafef',1795689256085,'succeeded','harbor.example.com','venus','venus/user','["v3.1.0"]','aliyun-acr','阿里仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"user [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-c9a5-7798-8289-946bfd42ed59',1795689269669,'succeeded','harbor.example.com','mars','mars/mars-api','["told-1.0"]','aliyun-acr','阿里仓 😀',1795689188,815,1795689224000,'{"type": "REPLICATION", "occur_at": 1795689224, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓 😀", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689188, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["told-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-d5dc-731f-86b8-8b884074a494',1795689272796,'succeeded','harbor.example.com','mars','mars/mars-api','["old-harbor"]','aliyun-acr','阿里仓',1795689188,0,1795689224000,'{"type": "REPLICATION", "occur_at": 1795689224, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689188, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["old-harbor"]}]}}}');
INSERT INTO events VALUES('01a2176b-d5fb-7207-b6b9-c13345269309',1795689272827,'succeeded','harbor.example.com','mars','mars/mars-api','["rejected-1.0"]','aliyun-acr','阿里仓',1795689188,815,1795689224000,'{"type": "REPLICATION", "occur_at": 1795689224, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689188, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["rejected-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-da2f-7272-a001-78018abce0f9',1795689273903,'succeeded','harbor.example.com','venus','venus/sub/web','["for-two-1.0"]','aliyun-acr','阿里仓',1795689188,815,1795689224000,'{"type": "REPLICATION", "occur_at": 1795689224, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689188, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "venus"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "venus"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "sub/web [1 item(s) in total]", "references": ["for-two-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-da88-763f-a4aa-42d3b0b7fdf4',1795689273992,'failed','harbor.example.com','mars','mars/mars-api','["heals-1.0"]','aliyun-acr','阿里仓',1795689188,816,1795689224000,'{"type": "REPLICATION", "occur_at": 1795689224, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Error", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689188, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "failed_artifact": [{"type": "artifact", "status": "Error", "name_tag": "mars-api [1 item(s) in total]", "references": ["heals-1.0"]}], "execution_id": 816}}}');
INSERT INTO events VALUES('01a2176b-da8d-7131-a0fb-86b4254e8a0c',1795689273997,'succeeded','harbor.example.com','mars','mars/mars-api','["heals-1.0"]','aliyun-acr','阿里仓',1795689188,816,1795689224000,'{"type": "REPLICATION", "occur_at": 1795689224, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689188, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["heals-1.0"]}], "execution_id": 816}}}');
INSERT INTO events VALUES('01a2176b-daa3-76e9-a93d-7a0903c88d21',1795689274019,'failed','harbor.example.com','mars','mars/mars-api','["held-1.0"]','aliyun-acr','阿里仓',1795689188,817,1795689224000,'{"type": "REPLICATION", "occur_at": 1795689224, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Error", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689188, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "failed_artifact": [{"type": "artifact", "status": "Error", "name_tag": "mars-api [1 item(s) in total]", "references": ["held-1.0"]}], "execution_id": 817}}}');
INSERT INTO events VALUES('01a2176b-daa6-7208-bd21-14499d7a4e2f',1795689274022,'succeeded','harbor.example.com','mars','mars/mars-api','["hangs-1.0"]','aliyun-acr','阿里仓',1795689188,815,1795689224000,'{"type": "REPLICATION", "occur_at": 1795689224, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689188, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["hangs-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-daba-776d-b811-92b35e45365b',1795689274042,'succeeded','harbor.example.com','mars','mars/mars-api','["waits-1.0"]','华为','',1795689188,815,1795689224000,'{"type": "REPLICATION", "occur_at": 1795689224, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689188, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "华为", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["waits-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-dac0-75a4-b6d4-86a150121ad0',1795689274048,'succeeded','harbor.example.com','mars','mars/mars-api','["discarded-1.0"]','aliyun-acr','阿里仓',1795689188,815,1795689224000,'{"type": "REPLICATION", "occur_at": 1795689224, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689188, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["discarded-1.0"]}], "execution_id": 815}}}');
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
    last_error      TEXT   NOT NULL, mentions TEXT NOT NULL DEFAULT '[]',
    CONSTRAINT deliveries_once_a_robot UNIQUE (event_id, robot),
    CONSTRAINT deliveries_state_known
        CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'superseded', 'discarded')),
    CONSTRAINT deliveries_finished_iff_final
        CHECK ((finished_at = 0) = (state IN ('pending', 'sending'))),
    CONSTRAINT deliveries_told_only_by_an_attempt
        CHECK (attempts > 0 OR state NOT IN ('sending', 'delivered', 'failed')),
    CONSTRAINT deliveries_batch_limit_positive CHECK (batch_limit > 0)
);
INSERT INTO deliveries VALUES('01a2176b-78ae-73dc-a5d2-50a23881655a','01a2176b-78ab-728c-a685-2d48a0dd432f','default','delivered',1,0,128,0,1795689248939,1795689248939,0,1795689249016,'','[]');
INSERT INTO deliveries VALUES('01a2176b-7913-7002-88c8-d343c234d0f9','01a2176b-7913-7002-88c8-d342c89b7769','default','delivered',1,0,128,0,1795689249043,1795689249043,0,1795689252407,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8619-7594-84e0-e65467ec730c','01a2176b-8618-7122-a96c-bb7741c26ff0','default','delivered',1,0,128,0,1795689252376,1795689252376,0,1795689255798,'','[]');
INSERT INTO deliveries VALUES('01a2176b-93c2-74bd-a577-909ad6a64da9','01a2176b-93c1-7327-9a95-e40b1e89ddd6','default','delivered',3,2,128,0,1795689255873,1795689255873,0,1795689269385,'','[]');
INSERT INTO deliveries VALUES('01a2176b-93d2-737d-af0d-417f138214ac','01a2176b-93d1-76b8-b260-d83f270d3058','default','delivered',2,1,128,0,1795689255889,1795689255889,0,1795689265989,'','[]');
INSERT INTO deliveries VALUES('01a2176b-93e2-734c-92da-e751b4d9ec51','01a2176b-93e1-7787-af12-e078d0b4b1a9','default','delivered',2,1,128,0,1795689255905,1795689255905,0,1795689269385,'','[]');
INSERT INTO deliveries VALUES('01a2176b-93f4-7124-9113-1b9b821cb416','01a2176b-93f3-76b9-8067-55725a4ca9a5','default','delivered',2,1,128,0,1795689255923,1795689255923,0,1795689269385,'','[]');
INSERT INTO deliveries VALUES('01a2176b-9404-77b7-818a-c770e6b3a3c0','01a2176b-9404-77b7-818a-c76fa964ffe6','default','delivered',2,1,128,0,1795689255940,1795689255940,0,1795689269385,'','[]');
INSERT INTO deliveries VALUES('01a2176b-9419-7199-8f78-b8cbc368188d','01a2176b-9417-74a2-8d55-e55444b0649e','default','delivered',2,1,128,0,1795689255959,1795689255959,0,1795689269385,'','[]');
INSERT INTO deliveries VALUES('01a2176b-9432-70c7-bd39-09b5552fe98e','01a2176b-9432-70c7-bd39-09b44598489d','default','delivered',2,1,128,0,1795689255986,1795689255986,0,1795689269385,'','[]');
INSERT INTO deliveries VALUES('01a2176b-9445-7616-a0a3-7dc992a15009','01a2176b-9444-74c2-a11a-3e25f423bc17','default','delivered',2,1,128,0,1795689256004,1795689256004,0,1795689269385,'','[]');
INSERT INTO deliveries VALUES('01a2176b-945d-73bc-888c-a7f4904c7a5e','01a2176b-945c-71a3-b065-9fbe1e046572','default','delivered',2,1,128,0,1795689256029,1795689256029,0,1795689269385,'','[]');
INSERT INTO deliveries VALUES('01a2176b-9473-72c8-b503-b6b283383565','01a2176b-9473-72c8-b503-b6b1eed201da','default','delivered',2,1,128,0,1795689256051,1795689256051,0,1795689269385,'','[]');
INSERT INTO deliveries VALUES('01a2176b-9484-70f2-90f1-e2fccf298299','01a2176b-9483-7124-9500-af3dbd2c01ac','default','delivered',2,1,128,0,1795689256067,1795689256067,0,1795689269385,'','[]');
INSERT INTO deliveries VALUES('01a2176b-9495-71fd-98b5-525966e5edb7','01a2176b-9495-71fd-98b5-5258269fafef','default','delivered',2,1,128,0,1795689256085,1795689256085,0,1795689269385,'','[]');
INSERT INTO deliveries VALUES('01a2176b-c9a8-7415-9379-ff493cb5f050','01a2176b-c9a5-7798-8289-946bfd42ed59','default','delivered',2,0,128,0,1795689269669,1795689272926,0,1795689273859,'','[]');
INSERT INTO deliveries VALUES('01a2176b-d5dd-74f3-888e-fb202e0da11b','01a2176b-d5dc-731f-86b8-8b884074a494','default','delivered',1,0,128,0,1795689272796,1795689272796,0,1795689272810,'','[]');
INSERT INTO deliveries VALUES('01a2176b-d5fb-7207-b6b9-c134dd64d5a0','01a2176b-d5fb-7207-b6b9-c13345269309','default','failed',1,0,128,0,1795689272827,1795689272827,0,1795689272851,'errcode 40008: invalid message type','[]');
INSERT INTO deliveries VALUES('01a2176b-da2f-7272-a001-7802aa6e7dad','01a2176b-da2f-7272-a001-78018abce0f9','default','delivered',1,0,128,0,1795689273903,1795689273903,0,1795689273924,'','[]');
INSERT INTO deliveries VALUES('01a2176b-da2f-7272-a001-7803a39a88e6','01a2176b-da2f-7272-a001-78018abce0f9','运维','pending',1,0,128,0,1795689273903,1795689273903,1795689273933,0,'errcode 93000: invalid webhook url','["zhangsan","li.si"]');
INSERT INTO deliveries VALUES('01a2176b-da89-7363-906e-3cca39a547ee','01a2176b-da88-763f-a4aa-42d3b0b7fdf4','default','superseded',0,0,128,0,1795689273992,1795710873992,0,1795689273997,'','[]');
INSERT INTO deliveries VALUES('01a2176b-da8e-710a-b6f8-dcc5184be52f','01a2176b-da8d-7131-a0fb-86b4254e8a0c','default','delivered',1,0,128,0,1795689273997,1795689273997,0,1795689274005,'','[]');
INSERT INTO deliveries VALUES('01a2176b-daa3-76e9-a93d-7a0afc94fb6b','01a2176b-daa3-76e9-a93d-7a0903c88d21','default','pending',0,0,128,0,1795689274019,1795710874019,1795710874019,0,'','[]');
INSERT INTO deliveries VALUES('01a2176b-daa6-7208-bd21-144a51da6512','01a2176b-daa6-7208-bd21-14499d7a4e2f','default','sending',1,0,128,0,1795689274022,1795689274022,1795689274022,0,'','[]');
INSERT INTO deliveries VALUES('01a2176b-daba-776d-b811-92b4e8cd7fa8','01a2176b-daba-776d-b811-92b35e45365b','default','pending',0,0,128,0,1795689274042,1795689274042,1795689274042,0,'','[]');
INSERT INTO deliveries VALUES('01a2176b-dac0-75a4-b6d4-86a25e5e1561','01a2176b-dac0-75a4-b6d4-86a150121ad0','default','discarded',0,0,128,0,1795689274048,1795689274048,0,1795689274087,'','[]');
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
INSERT INTO messages VALUES('01a2176b-78bd-7339-a678-aface7d13908','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`v1.2.3`\n> 时间：2026-11-26 18:33:44（用时 36 秒）"}}',1795689248957,59,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-8600-70b7-a1b1-91a07bc2920e','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"warning\">失败</font> 华为仓\n> 镜像：`mars/mars-web`\n> 版本：`v2.0.0`\n> 时间：2026-11-26 18:33:45\n> [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/189/tasks)"}}',1795689252353,54,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-933f-7700-9652-ba04af446f8c','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 华为仓\n> 镜像：`mars/mars-web`\n> 版本：`v2.0.0`\n> 时间：2026-11-26 18:33:45（用时 36 秒）"}}',1795689255743,55,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-a07f-70de-8f1d-2741412022ca','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 12\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:46\n> `venus/web` `v3.1.0` 18:33:46\n> `venus/auth` `v3.1.0` 18:33:46\n> `venus/cart` `v3.1.0` 18:33:46\n> `venus/mail` `v3.1.0` 18:33:46\n> `venus/map` `v3.1.0` 18:33:46\n> `venus/tax` `v3.1.0` 18:33:46\n> `venus/user` `v3.1.0` 18:33:46\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:46\n> `venus/queue` `v3.1.0` 18:33:46\n> `venus/search` `v3.1.0` 18:33:46\n> `venus/stock` `v3.1.0` 18:33:46"}}',1795689259135,2,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-ad8a-777e-bc2e-e8530aa44e0a','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/api`\n> 版本：`v3.1.0`\n> 时间：2026-11-26 18:33:46（用时 36 秒）"}}',1795689262474,2,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-bb0f-77b7-af56-e0d66b8f2acf','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/web`\n> 版本：`v3.1.0`\n> 时间：2026-11-26 18:33:46（用时 36 秒）"}}',1795689265935,54,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-c84f-7234-94d4-ee7952e1e00c','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 11\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:46\n> `venus/auth` `v3.1.0` 18:33:46\n> `venus/cart` `v3.1.0` 18:33:46\n> `venus/mail` `v3.1.0` 18:33:46\n> `venus/map` `v3.1.0` 18:33:46\n> `venus/tax` `v3.1.0` 18:33:46\n> `venus/user` `v3.1.0` 18:33:46\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:46\n> `venus/queue` `v3.1.0` 18:33:46\n> `venus/search` `v3.1.0` 18:33:46\n> `venus/stock` `v3.1.0` 18:33:46"}}',1795689269330,55,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-d592-728d-a005-a99b9acc6496','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像：`mars/mars-api`\n> 版本：`told-1.0`\n> 时间：2026-11-26 18:33:44（用时 36 秒）"}}',1795689272722,16,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-d5e7-75f0-a356-04ec5980fe83','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`old-harbor`\n> 时间：2026-11-26 18:33:44（用时 36 秒）"}}',1795689272807,3,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-d603-7713-844e-3bc539237b14','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`rejected-1.0`\n> 时间：2026-11-26 18:33:44（用时 36 秒）"}}',1795689272835,16,'rejected',200,40008,'invalid message type');
INSERT INTO messages VALUES('01a2176b-da00-746f-af44-90a8b6aa28e3','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像：`mars/mars-api`\n> 版本：`told-1.0`\n> 时间：2026-11-26 18:33:44（用时 36 秒）"}}',1795689273856,3,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-da38-7513-8c71-cda52a8f7adb','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/sub/web`\n> 版本：`for-two-1.0`\n> 时间：2026-11-26 18:33:44（用时 36 秒）"}}',1795689273914,10,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-da3b-7563-9987-9044be48029a','运维','{"msgtype":"text","text":{"content":"镜像入仓 成功 阿里仓\n镜像：venus/sub/web\n版本：for-two-1.0\n时间：2026-11-26 18:33:44（用时 36 秒）","mentioned_list":["zhangsan","li.si"]}}',1795689273920,13,'robot_broken',200,93000,'invalid webhook url');
INSERT INTO messages VALUES('01a2176b-da92-7799-a0b9-01b46c51075b','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`heals-1.0`\n> 时间：2026-11-26 18:33:44（用时 36 秒）"}}',1795689274002,3,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-daab-7320-bd34-7adb8330b462','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`hangs-1.0`\n> 时间：2026-11-26 18:33:44（用时 36 秒）"}}',1795689274027,0,'in_flight',0,NULL,'');
CREATE TABLE attempts (
    delivery_id TEXT   NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    message_id  TEXT   NOT NULL REFERENCES messages (id),
    PRIMARY KEY (delivery_id, number)
);
INSERT INTO attempts VALUES('01a2176b-78ae-73dc-a5d2-50a23881655a',1,'01a2176b-78bd-7339-a678-aface7d13908');
INSERT INTO attempts VALUES('01a2176b-7913-7002-88c8-d343c234d0f9',1,'01a2176b-8600-70b7-a1b1-91a07bc2920e');
INSERT INTO attempts VALUES('01a2176b-8619-7594-84e0-e65467ec730c',1,'01a2176b-933f-7700-9652-ba04af446f8c');
INSERT INTO attempts VALUES('01a2176b-93c2-74bd-a577-909ad6a64da9',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-93d2-737d-af0d-417f138214ac',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-93e2-734c-92da-e751b4d9ec51',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-93f4-7124-9113-1b9b821cb416',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-9404-77b7-818a-c770e6b3a3c0',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-9419-7199-8f78-b8cbc368188d',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-9432-70c7-bd39-09b5552fe98e',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-9445-7616-a0a3-7dc992a15009',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-945d-73bc-888c-a7f4904c7a5e',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-9473-72c8-b503-b6b283383565',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-9484-70f2-90f1-e2fccf298299',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-9495-71fd-98b5-525966e5edb7',1,'01a2176b-a07f-70de-8f1d-2741412022ca');
INSERT INTO attempts VALUES('01a2176b-93c2-74bd-a577-909ad6a64da9',2,'01a2176b-ad8a-777e-bc2e-e8530aa44e0a');
INSERT INTO attempts VALUES('01a2176b-93d2-737d-af0d-417f138214ac',2,'01a2176b-bb0f-77b7-af56-e0d66b8f2acf');
INSERT INTO attempts VALUES('01a2176b-93c2-74bd-a577-909ad6a64da9',3,'01a2176b-c84f-7234-94d4-ee7952e1e00c');
INSERT INTO attempts VALUES('01a2176b-93e2-734c-92da-e751b4d9ec51',2,'01a2176b-c84f-7234-94d4-ee7952e1e00c');
INSERT INTO attempts VALUES('01a2176b-93f4-7124-9113-1b9b821cb416',2,'01a2176b-c84f-7234-94d4-ee7952e1e00c');
INSERT INTO attempts VALUES('01a2176b-9404-77b7-818a-c770e6b3a3c0',2,'01a2176b-c84f-7234-94d4-ee7952e1e00c');
INSERT INTO attempts VALUES('01a2176b-9419-7199-8f78-b8cbc368188d',2,'01a2176b-c84f-7234-94d4-ee7952e1e00c');
INSERT INTO attempts VALUES('01a2176b-9432-70c7-bd39-09b5552fe98e',2,'01a2176b-c84f-7234-94d4-ee7952e1e00c');
INSERT INTO attempts VALUES('01a2176b-9445-7616-a0a3-7dc992a15009',2,'01a2176b-c84f-7234-94d4-ee7952e1e00c');
INSERT INTO attempts VALUES('01a2176b-945d-73bc-888c-a7f4904c7a5e',2,'01a2176b-c84f-7234-94d4-ee7952e1e00c');
INSERT INTO attempts VALUES('01a2176b-9473-72c8-b503-b6b283383565',2,'01a2176b-c84f-7234-94d4-ee7952e1e00c');
INSERT INTO attempts VALUES('01a2176b-9484-70f2-90f1-e2fccf298299',2,'01a2176b-c84f-7234-94d4-ee7952e1e00c');
INSERT INTO attempts VALUES('01a2176b-9495-71fd-98b5-525966e5edb7',2,'01a2176b-c84f-7234-94d4-ee7952e1e00c');
INSERT INTO attempts VALUES('01a2176b-c9a8-7415-9379-ff493cb5f050',1,'01a2176b-d592-728d-a005-a99b9acc6496');
INSERT INTO attempts VALUES('01a2176b-d5dd-74f3-888e-fb202e0da11b',1,'01a2176b-d5e7-75f0-a356-04ec5980fe83');
INSERT INTO attempts VALUES('01a2176b-d5fb-7207-b6b9-c134dd64d5a0',1,'01a2176b-d603-7713-844e-3bc539237b14');
INSERT INTO attempts VALUES('01a2176b-c9a8-7415-9379-ff493cb5f050',2,'01a2176b-da00-746f-af44-90a8b6aa28e3');
INSERT INTO attempts VALUES('01a2176b-da2f-7272-a001-7802aa6e7dad',1,'01a2176b-da38-7513-8c71-cda52a8f7adb');
INSERT INTO attempts VALUES('01a2176b-da2f-7272-a001-7803a39a88e6',1,'01a2176b-da3b-7563-9987-9044be48029a');
INSERT INTO attempts VALUES('01a2176b-da8e-710a-b6f8-dcc5184be52f',1,'01a2176b-da92-7799-a0b9-01b46c51075b');
INSERT INTO attempts VALUES('01a2176b-daa6-7208-bd21-144a51da6512',1,'01a2176b-daab-7320-bd34-7adb8330b462');
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
INSERT INTO robots VALUES('default',0,0,0,'none',0,'',1795689274027,'','01a2176b-c947-7757-9b71-b3e36057d992',1795689304027);
INSERT INTO robots VALUES('运维',1,1795689273920,1,'broken',1795689761379,'errcode 93000: invalid webhook url',1795689273933,'','01a2176b-c947-7757-9b71-b3e36057d992',1795689303920);
CREATE TABLE arrivals (
    key       TEXT NOT NULL,
    -- Harbor's number of the execution, or `rule ` and the beginning of the rule's description where Harbor sends none.
    execution TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    version   TEXT NOT NULL,
    event_id  TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (key, execution, outcome),
    CONSTRAINT arrivals_outcome_known CHECK (outcome IN ('succeeded', 'failed'))
);
INSERT INTO arrivals VALUES('1795689188-07e4dddc393e1d1b084ad7a745b62b9b5f3c87d3cfd64814a13085345145a730','188','succeeded','v1.2.3','01a2176b-78ab-728c-a685-2d48a0dd432f');
INSERT INTO arrivals VALUES('1795689189-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','189','failed','v2.0.0','01a2176b-7913-7002-88c8-d342c89b7769');
INSERT INTO arrivals VALUES('1795689189-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','189','succeeded','v2.0.0','01a2176b-8618-7122-a96c-bb7741c26ff0');
INSERT INTO arrivals VALUES('1795689190-a8d2d06833eb3a6768af9f672e0af696be00daabfa435afcb55f4184c05e61d1','190','succeeded','v3.1.0','01a2176b-93c1-7327-9a95-e40b1e89ddd6');
INSERT INTO arrivals VALUES('1795689190-ccc7a27bd27a89e31084d918587bc63d97733e0592ed371e6b9e86d40b998bc1','190','succeeded','v3.1.0','01a2176b-93d1-76b8-b260-d83f270d3058');
INSERT INTO arrivals VALUES('1795689190-df638b211e521e409bd7f7c02566c7a376b96da9e73036c7e0a538733508552f','190','succeeded','v3.1.0','01a2176b-93e1-7787-af12-e078d0b4b1a9');
INSERT INTO arrivals VALUES('1795689190-92e1244639ec7daaad3f45a20e47079983e0d92e041920cafe5e0f021a79c6bc','190','succeeded','v3.1.0','01a2176b-93f3-76b9-8067-55725a4ca9a5');
INSERT INTO arrivals VALUES('1795689190-31d6877b7703f66e1d0408a16b6d0caf06ca092555998e9e6674d6f4b869d847','190','succeeded','v3.1.0','01a2176b-9404-77b7-818a-c76fa964ffe6');
INSERT INTO arrivals VALUES('1795689190-9f3b010e6f0b951094005310573490117b01e7da90135d6d01e7c3eedf93fdce','190','succeeded','v3.1.0','01a2176b-9417-74a2-8d55-e55444b0649e');
INSERT INTO arrivals VALUES('1795689190-922be5e3b958a5ac199b8dcba8699e146db4fb6a1b82c1d285d177fadf9052bf','190','succeeded','v3.1.0','01a2176b-9432-70c7-bd39-09b44598489d');
INSERT INTO arrivals VALUES('1795689190-cedbb2bcbc682232ecbc9cd4259324f87a5f4e5b47b27e9f5cde670ca29ebed9','190','succeeded','v3.1.0','01a2176b-9444-74c2-a11a-3e25f423bc17');
INSERT INTO arrivals VALUES('1795689190-1e0d9132153c7cd40135ed3d1cbbc7a3e2a10fb345ad4696880eb86073473a43','190','succeeded','v3.1.0','01a2176b-945c-71a3-b065-9fbe1e046572');
INSERT INTO arrivals VALUES('1795689190-5513b653b677a92e29de8adad36b09ac299955f16faa7a41e8a3db1f2f16a960','190','succeeded','v3.1.0','01a2176b-9473-72c8-b503-b6b1eed201da');
INSERT INTO arrivals VALUES('1795689190-9c11b55cd503a4d3482b225b3908fe0d3c0e6470fdefcabdedbcda6dec42329a','190','succeeded','v3.1.0','01a2176b-9483-7124-9500-af3dbd2c01ac');
INSERT INTO arrivals VALUES('1795689190-ad584da922643d7675ec0baf255bd2465081a72e60a67e9f8d70c4861e91f26a','190','succeeded','v3.1.0','01a2176b-9495-71fd-98b5-5258269fafef');
INSERT INTO arrivals VALUES('1795689188-71dc520be0e0e08bf732697fd63ed8c563d973997355194a25e55f9e30058605','815','succeeded','told-1.0','01a2176b-c9a5-7798-8289-946bfd42ed59');
INSERT INTO arrivals VALUES('1795689188-856b925668dcaaabe3c36d9989ff4566f11634233655c4efa79f7d7c7a851b1f','rule 阿里仓','succeeded','old-harbor','01a2176b-d5dc-731f-86b8-8b884074a494');
INSERT INTO arrivals VALUES('1795689188-000b7c50084f3f92514d54448ff514494dd0bfdf42d512240521a5e638e8c764','815','succeeded','rejected-1.0','01a2176b-d5fb-7207-b6b9-c13345269309');
INSERT INTO arrivals VALUES('1795689188-ec9d237b96dc7cdafeb06c84451fd4c599f71a74477311bb8691915f55a2ad99','815','succeeded','for-two-1.0','01a2176b-da2f-7272-a001-78018abce0f9');
INSERT INTO arrivals VALUES('1795689188-df0430d5072274b96948140bd7238c4a6ce08f200d06ad6fa2977ab3d5c8e049','816','failed','heals-1.0','01a2176b-da88-763f-a4aa-42d3b0b7fdf4');
INSERT INTO arrivals VALUES('1795689188-df0430d5072274b96948140bd7238c4a6ce08f200d06ad6fa2977ab3d5c8e049','816','succeeded','heals-1.0','01a2176b-da8d-7131-a0fb-86b4254e8a0c');
INSERT INTO arrivals VALUES('1795689188-0939e42c53317ef1213ae1dfd72e692eab65e5753ff65b60430db2f706953c4d','817','failed','held-1.0','01a2176b-daa3-76e9-a93d-7a0903c88d21');
INSERT INTO arrivals VALUES('1795689188-6919c50bcbe49aa3961059c30512d0ca53e33b0ed3cc27d9ceb0e4d0544a590f','815','succeeded','hangs-1.0','01a2176b-daa6-7208-bd21-14499d7a4e2f');
INSERT INTO arrivals VALUES('1795689188-386ab4218e2097bf523fbf234a2fdec8e5f7d0928483945e818295c310eb9e03','815','succeeded','waits-1.0','01a2176b-daba-776d-b811-92b35e45365b');
INSERT INTO arrivals VALUES('1795689188-887cd373918867b696db2a5770f0af61456f71c202aad7cd12f31e1bef0f2187','815','succeeded','discarded-1.0','01a2176b-dac0-75a4-b6d4-86a150121ad0');
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
CREATE INDEX deliveries_held ON deliveries (next_attempt_at)
    WHERE state = 'pending' AND attempts = 0 AND next_attempt_at > created_at;
CREATE INDEX arrivals_of_event ON arrivals (event_id);
CREATE INDEX arrivals_by_version ON arrivals (lower(substr(version, 1, 100)), event_id);
CREATE INDEX events_of_image ON events (
    lower(substr(repository, 1, 100)), substr(registry, 1, 100), substr(description, 1, 100), execution_timestamp);
COMMIT;
